from dataclasses import replace

import pytest

from saliencekit.reports.section import section_of


@pytest.mark.parametrize("name", ["entropy", "out_of_set", "equivariance", "stability", "degradation"])
def test_a_measure_in_words(audit, name):
    entry = audit.summary["measures"][name]
    found = section_of(name, entry, audit)
    assert found.applicable
    assert found.value == f"{entry['value']:.3f}".replace("-", "−")
    assert found.word.endswith("null value")
    assert len(found.also) == len(entry["also"])
    assert found.panels
    assert found.tables
    assert found.prose is not None


def test_what_is_not_applicable_has_its_reason_and_no_number(single):
    entry = single.summary["measures"]["stability"]
    found = section_of("stability", entry, single)
    assert (found.applicable, found.value, found.glyph, found.word, found.severity) == (False, "–", "", "", "")
    assert found.entry["reason"] == "no second training run was given (--runs)"


def test_a_finding_leaves_its_mark(audit):
    finding = {"id": "x", "severity": "notice", "sentence": "", "measure": "entropy", "numbers": {}, "threshold": ""}
    marked = replace(audit, summary={**audit.summary, "findings": [finding]})
    assert section_of("entropy", audit.summary["measures"]["entropy"], marked).severity == "notice"
    assert section_of("stability", audit.summary["measures"]["stability"], marked).severity == ""
