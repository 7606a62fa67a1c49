"""What holds for every rule, and the findings as a whole."""

import json

import pytest

from saliencekit.reports.findings import RULES, SEVERITIES, Finding, findings_of, recorded_findings


@pytest.fixture
def summary(audit):
    return json.loads(json.dumps(audit.summary))


@pytest.mark.parametrize("name", RULES)
def test_no_rule_minds_what_is_missing(name, summary):
    rule = RULES[name]
    assert rule({}) is None
    for measure in summary["measures"]:
        less = {**summary, "measures": {key: each for key, each in summary["measures"].items() if key != measure}}
        rule(less)
    for entry in summary["measures"].values():
        entry |= {"value": None, "ci_low": None, "ci_high": None, "over_null": None, "groups": {}, "also": {}}
    rule(summary)


@pytest.mark.parametrize("name", RULES)
def test_each_rule_says_what_it_is(name, summary):
    before = json.dumps(summary)
    found = RULES[name](summary)
    assert json.dumps(summary) == before  # inputs untouched
    assert RULES[name].__doc__
    if found is not None:
        assert (found.id, found.severity in SEVERITIES) == (name, True)
        assert found.sentence.endswith(".")
        assert found.threshold
        assert found.measure in ("", *summary["measures"])
        assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["id"] == name


def test_warnings_first(audit):
    found = findings_of(audit.summary)
    places = [SEVERITIES.index(each.severity) for each in found]
    assert places == sorted(places)
    assert len(found) >= 4
    assert {each.id for each in found} <= set(RULES)
    assert found == findings_of(audit.summary)


def test_recorded_findings_are_taken_as_they_are(audit):
    own = Finding("mine", "info", "As recorded.", "", {}, "always")
    assert recorded_findings({"findings": [own.to_dict()]}) == (own,)
    assert recorded_findings({"findings": []}) == ()
    assert recorded_findings(audit.summary) == findings_of(audit.summary)


def test_one_image_gets_one_finding(single):
    assert [each.id for each in findings_of(single.summary)] == ["few-images"]
