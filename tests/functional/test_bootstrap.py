"""Bootstrap intervals: by hand, against scipy, and their independence of everything but the seed."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest
import torch
from scipy import stats

from saliencekit.errors import InputError
from saliencekit.functional import bootstrap
from saliencekit.functional.bootstrap import Interval, bootstrap_difference, bootstrap_mean


@pytest.fixture
def skewed():
    return torch.from_numpy(np.random.default_rng(0).exponential(size=60))


def test_by_hand_over_all_resamples_of_three_values():
    # The 27 equally likely resamples of (0, 3, 9): quantiles of their means, known exactly.
    means = sorted(sum(each) / 3 for each in itertools.product((0.0, 3.0, 9.0), repeat=3))
    interval = bootstrap_mean(torch.tensor([0.0, 3.0, 9.0]), confidence=0.8, resamples=20_000)
    assert interval.value == 4.0
    assert interval.low == pytest.approx(np.percentile(means, 10)) == 1.0
    assert interval.high == pytest.approx(np.percentile(means, 90)) == 7.0
    assert interval.std == pytest.approx(np.std([0, 3, 9], ddof=1))
    assert interval.n == 3


def chance(confidence, resamples):
    """Four sigma of the difference of two bounds from different resamples, in standard errors."""
    tail = (1 - confidence) / 2
    return 4 * (2 * tail * (1 - tail) / resamples) ** 0.5 / stats.norm.pdf(stats.norm.ppf(tail))


@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.99])
def test_mean_equals_scipy(skewed, confidence):
    ours = bootstrap_mean(skewed, confidence=confidence, resamples=40_000)
    theirs = stats.bootstrap(
        (skewed.numpy(),), np.mean, confidence_level=confidence, n_resamples=40_000, method="percentile", rng=1
    )
    error = theirs.standard_error * chance(confidence, 40_000)
    assert ours.value == pytest.approx(skewed.mean().item(), abs=1e-14)
    assert ours.low == pytest.approx(theirs.confidence_interval.low, abs=error)
    assert ours.high == pytest.approx(theirs.confidence_interval.high, abs=error)


def test_difference_equals_scipy(skewed):
    other = torch.from_numpy(np.random.default_rng(1).normal(0.5, 2, size=25))
    ours = bootstrap_difference(skewed, other, resamples=40_000)
    theirs = stats.bootstrap(
        (skewed.numpy(), other.numpy()),
        lambda a, b, axis: a.mean(axis) - b.mean(axis),
        n_resamples=40_000,
        method="percentile",
        rng=1,
    )
    error = theirs.standard_error
    assert ours.value == pytest.approx((skewed.mean() - other.mean()).item(), abs=1e-14)
    assert ours.low == pytest.approx(theirs.confidence_interval.low, abs=chance(0.95, 40_000) * error)
    assert ours.high == pytest.approx(theirs.confidence_interval.high, abs=chance(0.95, 40_000) * error)
    assert ours.std == pytest.approx(error, rel=0.03)
    assert ours.n == 85


def test_interval_covers_the_truth_as_often_as_it_says():
    generator = torch.Generator().manual_seed(0)
    samples = torch.randn(400, 50, generator=generator)
    intervals = [bootstrap_mean(each, confidence=0.9, resamples=500) for each in samples]
    share = sum(interval.low <= 0 <= interval.high for interval in intervals) / 400
    assert 0.84 < share < 0.94  # 0.9, less the percentile bootstrap's known lack at n = 50, +- 3 sigma


def test_groups_are_resampled_whole(skewed):
    """Twelve copies of every value tell no more than the values do."""
    copies = skewed.repeat_interleave(12)
    groups = torch.arange(60).repeat_interleave(12)
    shuffled = torch.randperm(720, generator=torch.Generator().manual_seed(0))
    grouped = bootstrap_mean(copies[shuffled], groups=groups[shuffled])
    alone = bootstrap_mean(skewed)
    assert grouped.low == pytest.approx(alone.low, abs=1e-12)
    assert grouped.high == pytest.approx(alone.high, abs=1e-12)
    assert grouped.value == pytest.approx(alone.value, abs=1e-12)
    assert grouped.n == 720
    naive = bootstrap_mean(copies)
    assert (alone.high - alone.low) / (naive.high - naive.low) == pytest.approx(12**0.5, rel=0.1)


def test_groups_of_unequal_size_weigh_by_their_values():
    # Two groups, {0, 0, 0} and {8}: a resample is one of (first, first), (both), (second, second).
    values, groups = torch.tensor([0.0, 8.0, 0.0, 0.0]), torch.tensor([7, -1, 7, 7])
    interval = bootstrap_mean(values, groups=groups, confidence=0.9)
    assert (interval.value, interval.low, interval.high) == (2.0, 0.0, 8.0)
    assert bootstrap_mean(values, groups=groups, confidence=0.4).low == 2.0  # the middle half is "both"


def test_every_value_in_its_own_group_is_no_group(skewed):
    own = bootstrap_mean(skewed, groups=torch.arange(60))
    none = bootstrap_mean(skewed)
    assert (own.low, own.high) == pytest.approx((none.low, none.high), abs=1e-14)


@pytest.mark.parametrize("value", [0.1, -3.7, 0.0, 1e10])
@pytest.mark.parametrize("n", [1, 2, 777])
def test_constant_and_single_values_have_no_width(value, n):
    number = torch.tensor(value).double().item()
    constant = torch.full((n,), number, dtype=torch.float64)
    assert bootstrap_mean(constant) == Interval(number, number, number, 0.0, n)
    difference = bootstrap_difference(constant, constant)
    assert (difference.low, difference.value, difference.high) == pytest.approx((0, 0, 0), abs=1e-5)


def test_one_group_has_no_width():
    interval = bootstrap_mean(torch.tensor([1.0, 5.0]), groups=torch.tensor([3, 3]))
    assert (interval.low, interval.value, interval.high) == (3.0, 3.0, 3.0)


def test_shift_and_scale_carry_over(skewed):
    base, moved = bootstrap_mean(skewed), bootstrap_mean(skewed * 4 - 100)
    assert (moved.low, moved.value, moved.high) == pytest.approx(
        (base.low * 4 - 100, base.value * 4 - 100, base.high * 4 - 100), abs=1e-10
    )
    assert moved.std == pytest.approx(4 * base.std)


def test_seed_decides_and_the_number_at_a_time_does_not(skewed, monkeypatch):
    first = bootstrap_mean(skewed, seed=3)
    two = bootstrap_difference(skewed, skewed[:20], seed=3)
    assert bootstrap_mean(skewed, seed=3) == first
    assert bootstrap_mean(skewed, seed=4) != first
    monkeypatch.setattr(bootstrap, "_AT_ONCE", 250)
    few = bootstrap_mean(skewed, seed=3)
    assert (few.low, few.high) == pytest.approx((first.low, first.high), abs=1e-14)
    few = bootstrap_difference(skewed, skewed[:20], seed=3)
    assert (few.low, few.high) == pytest.approx((two.low, two.high), abs=1e-14)


@pytest.mark.parametrize("seed", [-1, 2**63, 2**100])
def test_any_seed(skewed, seed):
    assert bootstrap_mean(skewed, seed=seed).low < skewed.mean()


def test_the_two_samples_are_drawn_apart(skewed):
    """The same sample twice: drawn together, every resampled difference would be 0."""
    interval = bootstrap_difference(skewed, skewed)
    assert interval.low < -0.1 < 0.1 < interval.high
    assert interval.std == pytest.approx(skewed.std(correction=0).item() * (2 / 60) ** 0.5, rel=0.05)


def test_many_values_need_little_memory(monkeypatch):
    largest = 0

    def watched(high, size, **settings):
        nonlocal largest
        largest = max(largest, size[0] * size[1])
        return randint(high, size, **settings)

    randint = torch.randint
    monkeypatch.setattr(torch, "randint", watched)
    values = torch.rand(100_000, generator=torch.Generator().manual_seed(0))
    interval = bootstrap_mean(values, resamples=100)
    assert largest <= 2**18
    assert interval.high - interval.low == pytest.approx(2 * 1.96 * values.std().item() / 100_000**0.5, rel=0.3)


def test_no_global_generator_is_touched_and_inputs_stay(skewed):
    before = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].copy(), skewed.clone()
    bootstrap_mean(skewed, groups=torch.arange(60) // 2)
    bootstrap_difference(skewed, skewed)
    assert torch.equal(before[0], torch.get_rng_state())
    assert before[1] == random.getstate()
    assert (before[2] == np.random.get_state()[1]).all()
    assert torch.equal(before[3], skewed)


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.int64, torch.bool])
def test_any_type_and_no_gradient(dtype):
    values = torch.tensor([0, 1, 1, 0, 1]).to(dtype)
    assert bootstrap_mean(values).value == pytest.approx(0.6)
    assert bootstrap_mean(torch.rand(5).requires_grad_()).n == 5


def test_errors():
    fine = torch.ones(3)
    with pytest.raises(InputError, match=r"expected `values` of shape \(N,\), got \(2, 2\)"):
        bootstrap_mean(torch.ones(2, 2))
    with pytest.raises(InputError, match="expected at least one value in `b`, got none"):
        bootstrap_difference(fine, torch.ones(0))
    with pytest.raises(InputError, match="expected finite numbers in `values`, got 2 of 3 that are not"):
        bootstrap_mean(torch.tensor([float("nan"), 1.0, float("inf")]))
    with pytest.raises(InputError, match="expected `groups` of 3 integers like `values`, got 2"):
        bootstrap_mean(fine, groups=torch.arange(2))
    with pytest.raises(InputError, match="expected one or more `resamples`, got 0"):
        bootstrap_mean(fine, resamples=0)
    for confidence in (0.0, 1.0, 95):
        with pytest.raises(InputError, match=r"expected `confidence` in \(0, 1\), got"):
            bootstrap_mean(fine, confidence=confidence)
