import pytest

from saliencekit.reports.findings import Finding
from saliencekit.reports.reading import gravest, word_of


def entry(low, high, **more):
    return {"value": (low + high) / 2, "ci_low": low, "ci_high": high, "null": 0.5, **more}


@pytest.mark.parametrize(
    ("low", "high", "direction", "word"),
    [
        (0.6, 0.8, "higher", "Better than its null value"),
        (0.6, 0.8, "lower", "Worse than its null value"),
        (0.1, 0.2, "lower", "Better than its null value"),
        (0.1, 0.2, "neither", "Below its null value"),
        (0.4, 0.5, "higher", "Not told apart from its null value"),
    ],
)
def test_the_side_of_the_null_value(low, high, direction, word):
    assert word_of(entry(low, high, direction=direction)) == word


def test_the_distance_image_by_image_goes_first():
    paired = {"value": 0.01, "ci_low": 0.005, "ci_high": 0.02}
    assert word_of(entry(0.4, 0.62, direction="higher", over_null=paired)) == "Better than its null value"


def test_nothing_to_hold_it_against():
    assert word_of(entry(0.4, 0.6, direction="higher") | {"null": None}) == ""
    assert word_of(entry(0.4, 0.6, direction="higher") | {"ci_low": None}) == ""


def test_the_gravest():
    found = [Finding(each, each, "", "entropy", {}, "") for each in ("info", "notice")]
    assert gravest(found, "entropy") == "notice"
    assert gravest(found, "stability") == ""
