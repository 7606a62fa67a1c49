"""The pick, from differences put together by hand."""

import pytest

from saliencekit.reports.choosing import choose
from saliencekit.reports.comparison import Comparison
from saliencekit.reports.difference import Difference, Span


def difference(measure, value, *, direction="higher", p=0.001):
    """A difference with an interval that excludes zero, unless it is zero itself."""
    span = Span(value, value - 0.05, value + 0.05, 0.1, 40)
    plain = Difference(measure, measure, "SSIM", direction, status="ok", a=span, b=span, difference=span)
    return Difference(**{**vars(plain), "p_holm": p})


def comparison(*differences, accuracy=None, runs=(1, 1)):
    return Comparison("first", "second", 40, (), differences, (), runs, accuracy)


def pick(*differences, **more):
    return choose(comparison(*differences, **more))[0]


def test_better_somewhere_and_worse_nowhere_is_the_pick():
    found = pick(difference("stability", 0.2), difference("entropy", 0.0, direction="lower"))
    assert found.severity == "info"
    assert found.sentence.startswith("Pick second: better at stability (0.200 [0.150, 0.250] SSIM), and worse at noth")
    assert pick(difference("stability", -0.2)).sentence.startswith("Pick first: ")


def test_better_and_worse_is_no_clear_pick():
    found = pick(difference("stability", 0.2), difference("equivariance", -0.2))
    assert found.severity == "notice"
    assert found.sentence.startswith("No clear pick")


def test_a_worse_classifier_is_no_clear_pick():
    found = pick(difference("stability", 0.2), accuracy=difference("accuracy", -0.2))
    assert found.sentence.startswith("No clear pick: second is better at stability")
    assert "first at classifying" in found.sentence


@pytest.mark.parametrize("undecided", [difference("stability", 0.0), difference("stability", 0.2, p=0.06)])
def test_nothing_decided_is_no_pick(undecided):
    assert pick(undecided).sentence == "No pick: first and second are not told apart by any of 1 measure."


def test_nothing_compared_says_nothing_of_a_pick():
    missing = Difference("stability", "ssim", "SSIM", "higher", status="not applicable", reason="no runs")
    assert [each.id for each in choose(comparison(missing))] == ["one-run"]


def test_what_makes_the_pick_doubtful_stands_with_it():
    flat = difference("entropy", 0.3, direction="lower")
    assert "flatter-agrees" in [each.id for each in choose(comparison(flat, difference("stability", 0.2)))]


def test_several_runs_on_both_sides_need_no_warning():
    assert "one-run" not in [each.id for each in choose(comparison(difference("stability", 0.2), runs=(2, 3)))]
    (said,) = [each for each in choose(comparison(difference("stability", 0.2), runs=(2, 1))) if each.id == "one-run"]
    assert said.sentence.startswith("second is one training run")
