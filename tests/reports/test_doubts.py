"""What makes a win doubtful, from differences put together by hand."""

from dataclasses import replace

import pytest

from saliencekit.reports.comparison import Comparison
from saliencekit.reports.difference import Difference, OverNull, Span
from saliencekit.reports.doubts import doubts, flatter_agrees, null_explains


def span(value, reach=0.05):
    return Span(value, value - reach, value + reach, 0.1, 40)


def difference(measure, value, *, direction="higher", over_null=None):
    found = span(value)
    plain = Difference(measure, "ssim", "SSIM", direction, "ok", a=found, b=found, difference=found, p_holm=0.001)
    beyond = None if over_null is None else OverNull(span(0.0), span(over_null), span(over_null))
    return replace(plain, over_null=beyond)


def comparison(*differences):
    return Comparison("<first>", "second", 40, (), differences, ())


@pytest.mark.parametrize(
    ("over_null", "doubted"), [(0.06, False), (0.05, True), (0.0, True), (-0.2, True), (None, False)]
)
def test_a_win_that_the_null_value_explains(over_null, doubted):
    found = null_explains(comparison(difference("stability", 0.2, over_null=over_null)), "b")
    assert (found is not None) == doubted
    assert null_explains(comparison(difference("stability", 0.2, over_null=over_null)), "a") is None


def test_its_sentence_has_the_numbers():
    found = null_explains(comparison(difference("stability", 0.2, over_null=-0.1)), "b")
    assert found.sentence.startswith(
        "second is better than <first> at stability, but not over the null value (B − A: −0.100 [−0.150, −0.050])"
    )
    assert found.numbers == {"over_null_stability": -0.1}


def test_where_lower_is_better_the_distance_must_fall_too():
    borne_out = difference("degradation", 0.2, direction="lower", over_null=0.1)  # a is better, over null as well
    assert null_explains(comparison(borne_out), "a") is None
    found = null_explains(comparison(replace(borne_out, over_null=OverNull(span(0), span(-1), span(-1)))), "a")
    assert found.sentence.startswith("<first> is better than second at degradation, but not over the null")


def test_agreement_of_flatter_maps():
    flat = difference("entropy", 0.3, direction="lower")
    doubt = flatter_agrees(comparison(flat, difference("equivariance", 0.2), difference("stability", 0.2)))
    assert (
        "second is better than <first> at equivariance and stability, and its maps are more diffuse" in doubt.sentence
    )
    assert flatter_agrees(comparison(flat, difference("equivariance", -0.2))) is None
    assert flatter_agrees(comparison(difference("equivariance", 0.2))) is None


def test_all_of_them():
    flat = difference("entropy", 0.3, direction="lower")
    found = list(doubts(comparison(flat, difference("stability", 0.2, over_null=0.0))))
    assert [each.id for each in found] == ["null-explains", "flatter-agrees"]
    assert list(doubts(comparison())) == []
