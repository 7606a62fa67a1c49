"""What a clause says of numbers, and the sentences of one that fails."""

import pytest

from saliencekit.errors import UsageError
from saliencekit.reports.gate import Clause
from saliencekit.reports.gate.values import tables_of

SUMMARY = {
    "measures": {
        "entropy": {
            "status": "ok",
            "value": 3.0,
            "ci_low": 2.5,
            "ci_high": None,
            "question": "How?",
            "also": {"effective_area": {"value": 20.0}},
            "groups": {"label": {"real": {"value": 2.0}, 'a "b"': {"value": 4.0}}},
        },
        "stability": {"status": "not applicable", "reason": "no second run", "value": None, "groups": {}},
    },
    "data": {"scored": 10, "source": "faces"},
    "findings": [
        {"id": "x", "severity": "notice", "sentence": ".", "measure": "", "numbers": {}, "threshold": "."},
        {"id": "y", "severity": "warning", "sentence": ".", "measure": "", "numbers": {}, "threshold": "."},
    ],
}
KNOWN = {"entropy": None, "data": None, "findings": None}
BASELINE = {"measures": {"entropy": {"status": "ok", "value": 3.5}, "stability": SUMMARY["measures"]["stability"]}}


def failure(expression, baseline=None):
    return Clause.read(expression).failure(SUMMARY, baseline)


@pytest.mark.parametrize(
    ("expression", "fails"),
    [
        ("entropy.value > 2.9", True),
        ("entropy.value > 3", False),
        ("entropy.value >= 3", True),
        ("entropy.value == 3 and entropy.value != 4", True),
        ("entropy.value < 3 or entropy.ci_low < 2.6", True),
        ("not entropy.value > 2.9", False),
        ("entropy.value - entropy.ci_low > 0.4", True),
        ("2 * entropy.value / 3 - -1 <= 3", True),
        ("entropy.also.effective_area.value > 19", True),
        ("entropy.groups.label.real.value > 2", False),
        ("entropy.groups.label.'a \"b\"'.value > 3.9", True),
        ("data.scored < 20", True),
        ("findings.warning > 0 and findings.notice == 1 and findings.info == 0", True),
        ("entropy is applicable", True),
        ("stability is applicable", False),
        ("stability.value is not applicable", True),
        ("stability is applicable and stability.value < 0.4", False),
        ("entropy.value > 2 or stability.value < 0.4", True),
    ],
)
def test_truth(expression, fails):
    assert (failure(expression) is not None) == fails


def test_a_failure_says_the_clause_and_its_numbers():
    told = str(failure("entropy.value > 2.9 and entropy.groups.label.real.value < 3"))
    assert told == (
        "gate failed: entropy.value > 2.9 and entropy.groups.label.real.value < 3 "
        "(entropy.value = 3, entropy.groups.label.real.value = 2)"
    )


def test_drop_and_rise_against_the_baseline():
    found = failure("entropy.value drop > 0.4", BASELINE)
    assert found.numbers == {
        "entropy.value": 3.0,
        "entropy.value of the baseline": 3.5,
        "entropy.value drop": 0.5,
    }
    assert failure("entropy.value drop > 0.5", BASELINE) is None
    assert failure("entropy.value rise == -0.5", BASELINE) is not None


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("stability.value < 0.4", "stability is not applicable: no second run"),
        ("stability.groups.pair.'a / b'.value < 0.4", "stability is not applicable: no second run"),
        ("stability.value < 0.4 or entropy.value > 2", "stability is not applicable: no second run"),
        ("entropy.ci_high > 3", "entropy.ci_high has no value"),
        ("entropy.value / (entropy.value - 3) > 1", "a division by zero"),
        ("entropy.ci_low drop > 1", "in the baseline, --fail-on cannot be read, unknown name 'ci_low' in entropy"),
    ],
)
def test_what_has_no_answer_fails_with_its_reason(expression, reason):
    found = failure(expression, BASELINE)
    assert reason in found.reason
    assert str(found).startswith(f"gate failed: {expression}")
    assert reason in str(found)


@pytest.mark.parametrize(
    ("expression", "sentence", "place"),
    [
        ("entropi.value > 1", "unknown name 'entropi'; the nearest is entropy", 0),
        ("entropy.valu > 1", "unknown name 'valu' in entropy; the nearest are value", 8),
        ("ENTROPY.value > 1", "unknown name 'ENTROPY'; the nearest is entropy", 0),
        ("entropy.effective_area.value > 1", "'effective_area' in entropy; it stands in also: also.effective_area", 8),
        ("entropy.also.effective > 1", "unknown name 'effective' in entropy.also; the nearest is effective_area", 13),
        ("entropy.groups.label.fake.value > 1", "in entropy.groups.label; there are real, 'a \"b\"'", 21),
        ("entropy.value.x > 1", "unknown name 'x' in entropy.value; that is no table", 14),
        ("entropy > 1", "entropy is no number; in it are value, ci_low, ci_high, also, groups", 0),
        ("entropy.question > 1", "entropy.question is no number", 0),
        ("flip-lr.value > 1", "unknown name 'flip'", 0),
    ],
)
def test_unknown_names_list_the_nearest(expression, sentence, place):
    with pytest.raises(UsageError) as raised:
        failure(expression)
    first, _, mark = str(raised.value).split("\n")
    assert sentence in first
    assert mark.index("^") == 4 + place


def test_a_sign_in_a_name_asks_for_quotes():
    with pytest.raises(UsageError, match="'lr'; a name with a sign in it stands in quotes"):
        Clause.read("entropy.flip-lr.value > 1").check(KNOWN, baseline=False)


def test_what_is_seen_to_be_wrong_before_the_work():
    Clause.read("entropy.value drop > 1 or data.scored < 3").check(KNOWN, baseline=True)
    with pytest.raises(UsageError, match="needs a --baseline"):
        Clause.read("entropy.value drop > 1").check(KNOWN, baseline=False)
    with pytest.raises(UsageError, match="unknown name 'stability'; there are entropy, data, findings"):
        Clause.read("entropy.value > 1 or stability.value > 1").check(KNOWN, baseline=False)
    with pytest.raises(UsageError, match="needs a --baseline"):
        failure("entropy.value drop > 1")


def test_only_numbers_of_the_data_can_be_named():
    assert tables_of(SUMMARY)["data"] == {"scored": 10}


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_finite_number_fails(value):
    """NaN is neither above nor below anything: as a plain comparison it would pass every gate."""
    summary = {"measures": {"entropy": {"status": "ok", "value": value}}}
    found = Clause.read("entropy.value > 9e9").failure(summary)
    assert found.reason == "entropy.value is no finite number"


def test_a_number_is_told_from_its_bound_and_a_count_is_a_count():
    summary = {"measures": {"entropy": {"status": "ok", "value": 3.2000004, "n": 1200}}}
    told = str(Clause.read("entropy.value > 3.2000001 and entropy.n > 1000").failure(summary))
    assert told.endswith("(entropy.value = 3.2, entropy.n = 1,200)")
    summary["measures"]["entropy"]["value"] = 3.20004
    assert "entropy.value = 3.20004" in str(Clause.read("entropy.value > 3.2").failure(summary))
