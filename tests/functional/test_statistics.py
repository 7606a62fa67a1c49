"""Effect size, distance and separability: by hand, literally, and against scipy and torchmetrics."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from scipy import stats

from saliencekit.errors import InputError
from saliencekit.functional import statistics
from saliencekit.functional.statistics import auroc, auroc_interval, hedges_g, wasserstein


def samples(seed, n=40, m=23, ties=False):
    generator = np.random.default_rng(seed)
    a, b = generator.normal(0, 1, n), generator.normal(0.7, 2, m)
    return (np.round(a * 2) / 2, np.round(b * 2) / 2) if ties else (a, b)


def literal_auroc(inside, outside):
    wins = sum((o > i) + 0.5 * (o == i) for i, o in itertools.product(inside, outside))
    return wins / (len(inside) * len(outside))


def literal_hedges(a, b):
    n, m = len(a), len(b)
    pooled = math.sqrt(((n - 1) * np.var(a, ddof=1) + (m - 1) * np.var(b, ddof=1)) / (n + m - 2))
    return (np.mean(a) - np.mean(b)) / pooled * (1 - 3 / (4 * (n + m) - 9))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("ties", [False, True])
def test_against_independent_implementations(seed, ties):
    from torchmetrics.functional.classification import binary_auroc

    a, b = samples(seed, ties=ties)
    left, right = torch.from_numpy(a), torch.from_numpy(b)
    assert auroc(left, right) == pytest.approx(literal_auroc(a, b), abs=1e-12)
    assert auroc(left, right) == pytest.approx(stats.mannwhitneyu(b, a).statistic / (len(a) * len(b)), abs=1e-12)
    # torchmetrics squashes scores outside of [0, 1]; ranks are what counts.
    ranks = torch.from_numpy(stats.rankdata(np.concatenate([a, b])) / 100)
    labels = torch.cat([torch.zeros(len(a)), torch.ones(len(b))]).long()
    assert auroc(left, right) == pytest.approx(binary_auroc(ranks, labels).item(), abs=1e-6)
    assert wasserstein(left, right) == pytest.approx(stats.wasserstein_distance(a, b), abs=1e-12)
    assert hedges_g(left, right) == pytest.approx(literal_hedges(a, b), abs=1e-12)


def test_auroc_by_hand_and_at_its_extremes():
    low, high = torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0, 5.0])
    assert auroc(low, high) == 1.0
    assert auroc(high, low) == 0.0
    assert auroc(torch.tensor([1.0, 2.0]), torch.tensor([2.0, 3.0])) == 0.875
    assert auroc(torch.ones(5), torch.ones(3)) == 0.5
    assert auroc(torch.zeros(1), torch.ones(1)) == 1.0


def test_auroc_is_of_ranks_only():
    a, b = (torch.from_numpy(each) for each in samples(0, ties=True))
    assert auroc(a, b) == auroc(a * 3 + 5, b * 3 + 5) == auroc(a**3, b**3)
    assert auroc(a, b) == pytest.approx(1 - auroc(b, a), abs=1e-12)
    assert auroc(a.flip(0), b.flip(0)) == auroc(a, b)


def test_wasserstein_by_hand_and_its_properties():
    a, b = (torch.from_numpy(each) for each in samples(1))
    assert wasserstein(torch.tensor([0.0, 1.0, 3.0]), torch.tensor([5.0, 6.0, 8.0])) == 5.0
    assert wasserstein(torch.tensor([0.0]), torch.tensor([1.0, 2.0, 6.0])) == 3.0
    assert wasserstein(a, a.flip(0)) == 0.0
    assert wasserstein(a, a.repeat(3)) == 0.0
    assert wasserstein(a, b) == pytest.approx(wasserstein(b, a), abs=1e-12)
    assert wasserstein(a, a + 2.5) == pytest.approx(2.5, abs=1e-12)
    assert wasserstein(a * 3, b * 3) == pytest.approx(3 * wasserstein(a, b), abs=1e-12)


def test_hedges_g_by_hand_and_its_properties():
    a, b = (torch.from_numpy(each) for each in samples(2))
    expected = 1 / math.sqrt(2) * (1 - 3 / 7)
    assert hedges_g(torch.tensor([2.0, 4.0]), torch.tensor([1.0, 3.0])) == pytest.approx(expected)
    assert hedges_g(a, b) == pytest.approx(-hedges_g(b, a))
    assert hedges_g(a * 7 + 2, b * 7 + 2) == pytest.approx(hedges_g(a, b))
    assert hedges_g(torch.ones(4), torch.ones(3)) == 0.0
    assert hedges_g(torch.full((7,), 0.1), torch.full((3,), 0.1)) == 0.0


def test_auroc_interval_equals_scipy():
    a, b = samples(3, ties=True)
    ours = auroc_interval(torch.from_numpy(a), torch.from_numpy(b), resamples=20_000)

    def literal(inside, outside, axis):
        gap = outside[..., None, :] - inside[..., :, None]
        return ((gap > 0) + 0.5 * (gap == 0)).mean((-2, -1))

    theirs = stats.bootstrap((a, b), literal, n_resamples=20_000, method="percentile", batch=1000, rng=1)
    error = theirs.standard_error
    assert ours.value == pytest.approx(literal_auroc(a, b))
    assert ours.low == pytest.approx(theirs.confidence_interval.low, abs=0.06 * error)
    assert ours.high == pytest.approx(theirs.confidence_interval.high, abs=0.06 * error)
    assert ours.std == pytest.approx(error, rel=0.03)
    assert ours.n == 63


def test_auroc_interval_at_the_extremes_and_its_settings():
    low, high = torch.arange(30.0), torch.arange(100.0, 120.0)
    perfect = auroc_interval(low, high)
    assert (perfect.low, perfect.value, perfect.high, perfect.std) == (1.0, 1.0, 1.0, 0.0)
    same = auroc_interval(torch.ones(9), torch.ones(4))
    assert (same.low, same.value, same.high) == (0.5, 0.5, 0.5)
    a, b = (torch.from_numpy(each) for each in samples(0))
    base = auroc_interval(a, b)
    assert auroc_interval(a, b) == base
    assert auroc_interval(a, b, seed=1) != base
    narrow = auroc_interval(a, b, confidence=0.5)
    assert base.low < narrow.low < base.value < narrow.high < base.high


def test_many_scores_are_exact():
    # 10^5 against 10^5: the number of pairs, 10^10, is past float32 and int32.
    a = torch.arange(100_000.0)
    assert auroc(a, a) == 0.5
    assert auroc(a, a + 1) == pytest.approx(0.5 + (99_999 + 0.5 * 1) / 1e10, abs=1e-9)
    assert wasserstein(a, a + 1) == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("function", [auroc, auroc_interval, wasserstein, hedges_g])
def test_inputs_stay_and_wrong_ones_are_refused(function):
    a, b = (torch.from_numpy(each) for each in samples(0))
    before = a.clone(), b.clone()
    function(a, b)
    assert torch.equal(a, before[0])
    assert torch.equal(b, before[1])
    with pytest.raises(InputError, match=r"expected `(a|scores_in)` of shape \(N,\), got \(2, 2\)"):
        function(torch.ones(2, 2), b)
    with pytest.raises(InputError, match=r"expected at least one value in `(b|scores_out)`, got none"):
        function(a, torch.ones(0))
    with pytest.raises(InputError, match=r"expected finite numbers in `(b|scores_out)`, got 1 of 2 that are not"):
        function(a, torch.tensor([1.0, float("nan")]))


def test_effect_sizes_that_are_not_defined():
    with pytest.raises(InputError, match="an effect size needs two values of each sample, got 1 and 3"):
        hedges_g(torch.ones(1), torch.ones(3))
    with pytest.raises(InputError, match="not defined: both samples are constant, at different values"):
        hedges_g(torch.zeros(2), torch.ones(3))


def test_everything_statistical_is_found_here():
    assert all(hasattr(statistics, name) for name in statistics.__all__)
