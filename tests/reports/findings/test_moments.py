import numpy as np
import pytest
from scipy import stats

from saliencekit.reports.findings.moments import Moments, shift


def of(values):
    return Moments(len(values), float(np.mean(values)), float(np.std(values, ddof=1)))


@pytest.fixture
def samples():
    draw = np.random.default_rng(0)
    return draw.normal(3.0, 1.0, 40), draw.normal(2.0, 0.5, 25), draw.normal(0.0, 2.0, 7)


def test_samples_together_are_as_if_they_had_never_been_apart(samples):
    found, whole = Moments.together(of(each) for each in samples), of(np.concatenate(samples))
    assert (found.n, found.mean, found.std) == (whole.n, pytest.approx(whole.mean), pytest.approx(whole.std))


def test_the_interval_is_welchs(samples):
    a, b, _ = samples
    expected = stats.ttest_ind(a, b, equal_var=False).confidence_interval(0.95)
    found = shift(of(a), of(b))
    assert (found.low, found.high) == (pytest.approx(expected.low), pytest.approx(expected.high))
    assert found.value == pytest.approx(a.mean() - b.mean())
    wider = stats.ttest_ind(a, b, equal_var=False).confidence_interval(1 - 0.05 / 4)
    assert shift(of(a), of(b), comparisons=4).high == pytest.approx(wider.high)


def test_hedges_g_as_the_mathematics_of_the_package_has_it(samples):
    import torch

    from saliencekit.functional import hedges_g

    a, b, _ = samples
    assert shift(of(a), of(b)).effect == pytest.approx(hedges_g(torch.tensor(a), torch.tensor(b)))


def test_without_spread_there_is_no_interval():
    assert shift(Moments(5, 1.0, 0.0), Moments(5, 2.0, 0.0)) is None
    assert shift(Moments(1, 1.0, 0.5), Moments(5, 2.0, 0.5)) is None


@pytest.mark.parametrize("level", [{"value": None, "std": None, "n": 0}, {"value": 1.0, "std": None, "n": 1}])
def test_levels_without_spread_have_no_moments(level):
    assert Moments.of(level) is None
