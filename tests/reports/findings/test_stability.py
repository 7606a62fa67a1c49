import pytest

from saliencekit.reports.findings.stability import runs_agree


def summary(value, gap, low):
    over = {"value": gap, "ci_low": low, "ci_high": gap + 0.1}
    entry = {"value": value, "ci_low": value - 0.1, "ci_high": value + 0.1, "null": value - gap, "over_null": over}
    return {"measures": {"stability": entry}}


@pytest.mark.parametrize(
    ("value", "gap", "low", "severity", "words"),
    [
        (0.7, 0.4, 0.3, "info", "agree on where to look"),
        (0.7, 0.05, 0.01, "notice", "hardly better than on shuffled pairs"),
        (0.7, 0.05, 0.0, "warning", "no better than on shuffled pairs of images, as far as can be told"),
        (0.7, -0.2, -0.3, "warning", "less than on shuffled pairs"),
    ],
)
def test_agreement_over_that_of_shuffled_pairs(value, gap, low, severity, words):
    found = runs_agree(summary(value, gap, low))
    assert found.severity == severity
    assert words in found.sentence
    assert found.numbers["over_null"] == gap


def test_one_run():
    assert runs_agree({"measures": {"stability": {"value": None}}}) is None
