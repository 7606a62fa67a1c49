"""Percentile bootstrap intervals: how far a mean, or any statistic of two samples, can be trusted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ..errors import InputError
from ._checks import check_shape
from .random import Draw

_AT_ONCE = 2**18  # numbers drawn at a time: what bounds the memory of a bootstrap


@dataclass(frozen=True)
class Interval:
    """A number and how far it can be trusted.

    Parameters
    ----------
    value
        The statistic of the sample.
    low, high
        Bounds of its confidence interval; both ``value`` if the sample is a single value.
    std
        Of a mean, the standard deviation of the values (n - 1 in the denominator; 0 of a single value). Of any
        other statistic, the standard deviation of its resamples, that is its standard error.
    n
        Number of values.
    """

    value: float
    low: float
    high: float
    std: float
    n: int


def bootstrap_mean(
    values: Tensor,
    *,
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
    groups: Tensor | None = None,
) -> Interval:
    """Return the mean of ``values`` with its percentile bootstrap interval.

    Parameters
    ----------
    values
        ``(n,)`` finite numbers.
    confidence
        Share of repetitions of the experiment whose interval covers the truth, in (0, 1).
    resamples
        Number of resamples: ``n`` values each, drawn with replacement; the bounds are the quantiles
        (linear, as ``numpy.percentile``) of their means. Resamples are drawn some at a time: the
        memory is a few MB, or two copies of the values where that is more.
    seed
        The same seed gives the same interval, on any device; no global generator is used.
    groups
        ``(n,)`` integers. Values of one group are not independent (the twelve transforms of one image):
        whole groups are then resampled, and the interval is as wide as the number of groups warrants.

    Returns
    -------
    Interval
        In the unit of the values.

    Raises
    ------
    InputError
        Wrong shape, no value, a value that is not finite, or a setting out of its range.

    References
    ----------
    Efron, Tibshirani, "An Introduction to the Bootstrap", 1993, section 13.3.

    Examples
    --------
    >>> interval = bootstrap_mean(torch.tensor([1.0, 2.0, 3.0, 4.0]))
    >>> interval.value, interval.low, interval.high, interval.n
    (2.5, 1.5, 3.5, 4)
    """
    numbers = sample(values, "values")
    origin = numbers[0].clone()
    sums, counts = numbers - origin, torch.ones_like(numbers)  # exact zeros if the values are all the same
    if groups is not None:
        check_shape(groups, "groups", "N")
        if groups.shape != values.shape:
            raise InputError(f"expected `groups` of {len(values)} integers like `values`, got {len(groups)}")
        names, member = torch.unique(groups, return_inverse=True)
        counts = counts.new_zeros(len(names)).index_add_(0, member, counts)
        sums = sums.new_zeros(len(names)).index_add_(0, member, sums)

    def means(pick: Tensor) -> Tensor:
        # Without groups every resample has as many values as the sample.
        return pick_from(sums, pick).sum(1) / (len(numbers) if groups is None else pick_from(counts, pick).sum(1))

    drawn = distribution(means, (len(sums),), resamples=resamples, seed=seed, like=numbers) + origin
    value = (origin + sums.sum() / len(numbers)).item()
    std = numbers.std().item() if len(numbers) > 1 else 0.0
    return replace(interval_of(value, drawn, confidence, len(numbers)), std=std)


def bootstrap_difference(
    a: Tensor, b: Tensor, *, confidence: float = 0.95, resamples: int = 2000, seed: int = 0
) -> Interval:
    """Return ``mean(a) - mean(b)`` of two independent samples with its percentile bootstrap interval.

    Each sample is resampled by itself. For paired values use ``bootstrap_mean(a - b)``.

    Parameters
    ----------
    a, b
        ``(n,)`` and ``(m,)`` finite numbers.
    confidence, resamples, seed
        As of :func:`bootstrap_mean`.

    Returns
    -------
    Interval
        In the unit of the values; positive where ``a`` is larger. ``n`` counts both samples.

    Raises
    ------
    InputError
        As of :func:`bootstrap_mean`.

    Examples
    --------
    >>> bootstrap_difference(torch.tensor([3.0, 3.0]), torch.tensor([1.0]))
    Interval(value=2.0, low=2.0, high=2.0, std=0.0, n=3)
    """
    first, second = sample(a, "a"), sample(b, "b")

    def difference(pick_a: Tensor, pick_b: Tensor) -> Tensor:
        return pick_from(first, pick_a).mean(1) - pick_from(second, pick_b).mean(1)

    value = (first.mean() - second.mean()).item()
    sizes = len(first), len(second)
    drawn = distribution(difference, sizes, resamples=resamples, seed=seed, like=first)
    return interval_of(value, drawn, confidence, sum(sizes))


def sample(values: Tensor, name: str) -> Tensor:
    """Check a sample at the door; return it in float64 where the device has that."""
    check_shape(values, name, "N")
    if len(values) == 0:
        raise InputError(f"expected at least one value in `{name}`, got none")
    if bad := int((~values.isfinite()).sum()):
        raise InputError(f"expected finite numbers in `{name}`, got {bad} of {len(values)} that are not")
    return values.detach().to(torch.float32 if values.device.type == "mps" else torch.float64)


def distribution(
    statistic: Callable[..., Tensor], sizes: tuple[int, ...], *, resamples: int, seed: int, like: Tensor
) -> Tensor:
    """Return ``statistic`` of every resample, (resamples,), on the device and in the type of ``like``.

    ``statistic`` takes, for each of the samples of ``sizes``, the numbers (R, size) int32 of the values drawn
    with replacement, and returns (R,). They are drawn on the CPU, a generator for each sample, so that neither
    the device nor the number of resamples at a time changes them.
    """
    if resamples < 1:
        raise InputError(f"expected one or more `resamples`, got {resamples}")
    keys = Draw.of(seed, [f"sample {which}" for which in range(len(sizes))], "bootstrap").keys.tolist()
    generators = [torch.Generator().manual_seed(key) for key in keys]
    drawn = like.new_empty(resamples)
    step = max(1, _AT_ONCE // sum(sizes))
    for start in range(0, resamples, step):
        part = drawn[start : start + step]
        picks = [
            torch.randint(size, (len(part), size), generator=generator, dtype=torch.int32)
            for size, generator in zip(sizes, generators, strict=True)
        ]
        part.copy_(statistic(*(pick.to(like.device) for pick in picks)))
    return drawn


def pick_from(values: Tensor, pick: Tensor) -> Tensor:
    """Return the values (n,) of the numbers (R, m); several times as fast as ``values[pick]``."""
    return values.index_select(0, pick.flatten()).view(pick.shape)


def interval_of(value: float, drawn: Tensor, confidence: float, n: int) -> Interval:
    """Return ``value`` with the quantiles and the spread of its resamples."""
    if not 0 < confidence < 1:
        raise InputError(f"expected `confidence` in (0, 1), got {confidence}")
    tails = drawn.new_tensor([(1 - confidence) / 2, (1 + confidence) / 2])
    low, high = drawn.quantile(tails).tolist()
    return Interval(value, low, high, drawn.std().item() if len(drawn) > 1 else 0.0, n)
