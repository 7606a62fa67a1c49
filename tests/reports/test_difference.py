import pytest

from saliencekit.reports.difference import Difference, Span


def difference(value, low, high, *, direction="higher", n=9):
    span = Span(value, low, high, 0.1, n)
    return Difference("stability", "ssim", "SSIM", direction, "ok", a=span, b=span, difference=span, share_higher=0.5)


@pytest.mark.parametrize(
    ("value", "low", "high", "direction", "outcome"),
    [
        (0.2, 0.1, 0.3, "higher", "b"),
        (0.2, 0.1, 0.3, "lower", "a"),
        (-0.2, -0.3, -0.1, "higher", "a"),
        (-0.2, -0.3, -0.1, "lower", "b"),
        (0.2, -0.1, 0.5, "higher", "undecided"),
        (0.2, 0.0, 0.5, "higher", "undecided"),  # an end at zero holds zero
        (0.2, 0.1, 0.3, "neither", "no better end"),
    ],
)
def test_outcome(value, low, high, direction, outcome):
    assert difference(value, low, high, direction=direction).outcome == outcome


def test_one_image_decides_nothing():
    one = difference(0.2, 0.2, 0.2, n=1)
    assert one.outcome == "undecided"
    assert one.sentence.endswith("One image decides nothing.")


def test_sentence_of_a_measure_without_a_better_end():
    assert difference(0.2, 0.1, 0.3, direction="neither").sentence.endswith(
        "neither end of this measure is better by itself."
    )
