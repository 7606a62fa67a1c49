"""Numbers about two samples of values: effect size, distance, and separability; and all intervals."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ..errors import InputError
from .bootstrap import Interval, bootstrap_difference, bootstrap_mean, distribution, interval_of, pick_from, sample

__all__ = [
    "Interval",
    "auroc",
    "auroc_interval",
    "bootstrap_difference",
    "bootstrap_mean",
    "hedges_g",
    "wasserstein",
]


def hedges_g(a: Tensor, b: Tensor) -> float:
    """Return the effect size of two independent samples: the difference of their means in standard deviations.

    ``(mean(a) - mean(b)) / s * (1 - 3 / (4 (n + m) - 9))`` with ``s`` the pooled standard deviation and the
    factor Hedges' correction for small samples. 0.2 is called small, 0.5 medium, 0.8 large.

    Parameters
    ----------
    a, b
        ``(n,)`` and ``(m,)`` finite numbers, two or more each.

    Returns
    -------
    float
        No unit; positive where ``a`` is larger; 0 if all values of both are the same.

    Raises
    ------
    InputError
        Wrong shape, a value that is not finite, fewer than two values, or two different constants: their
        difference has no size in standard deviations.

    References
    ----------
    Hedges, "Distribution theory for Glass's estimator of effect size and related estimators", 1981.

    Examples
    --------
    >>> round(hedges_g(torch.tensor([2.0, 4.0]), torch.tensor([1.0, 3.0])), 4)  # 1 / sqrt(2) * (1 - 3 / 7)
    0.4041
    """
    first, second = sample(a, "a"), sample(b, "b")
    n, m = len(first), len(second)
    if min(n, m) < 2:
        raise InputError(f"an effect size needs two values of each sample, got {n} and {m}")
    difference = (first.mean() - second.mean()).item()
    spread = math.sqrt((first.var().item() * (n - 1) + second.var().item() * (m - 1)) / (n + m - 2))
    if spread == 0 and difference:
        raise InputError("the effect size is not defined: both samples are constant, at different values")
    return difference / spread * (1 - 3 / (4 * (n + m) - 9)) if difference else 0.0


def wasserstein(a: Tensor, b: Tensor) -> float:
    """Return how far, on average, the values of one sample must be moved to become the other.

    The first Wasserstein distance, ``integral |F_a(x) - F_b(x)| dx`` of the empirical distributions.

    Parameters
    ----------
    a, b
        ``(n,)`` and ``(m,)`` finite numbers.

    Returns
    -------
    float
        In the unit of the values; 0 for the same distribution.

    Raises
    ------
    InputError
        Wrong shape, no value, or a value that is not finite.

    Examples
    --------
    >>> wasserstein(torch.tensor([0.0, 1.0, 3.0]), torch.tensor([5.0, 6.0, 8.0]))
    5.0
    """
    first, second = sample(a, "a").sort().values, sample(b, "b").sort().values
    places = torch.cat([first, second]).sort().values
    # The difference of the two distribution functions in units of 1 / (n m): whole numbers.
    count_a = torch.searchsorted(first, places[:-1], right=True)
    count_b = torch.searchsorted(second, places[:-1], right=True)
    gap = (count_a * len(second) - count_b * len(first)).abs()
    return ((gap * places.diff()).sum() / (len(first) * len(second))).item()


def auroc(scores_in: Tensor, scores_out: Tensor) -> float:
    """Return the probability that a score from outside exceeds one from inside, ties counting one half.

    The area under the ROC curve of the score as a detector of outliers, larger meaning more outlying; also
    the Mann-Whitney statistic over ``n * m``.

    Parameters
    ----------
    scores_in, scores_out
        ``(n,)`` and ``(m,)`` finite numbers.

    Returns
    -------
    float
        0 ... 1; 1/2 is chance, below it the outliers score lower.

    Raises
    ------
    InputError
        Wrong shape, no value, or a value that is not finite.

    Examples
    --------
    >>> auroc(torch.tensor([1.0, 2.0]), torch.tensor([2.0, 3.0]))  # 3 of 4 pairs, and one tie
    0.875
    """
    inside, outside = sample(scores_in, "scores_in"), sample(scores_out, "scores_out")
    ordered = inside.sort().values
    below = torch.searchsorted(ordered, outside).sum() + torch.searchsorted(ordered, outside, right=True).sum()
    return below.item() / (2 * len(inside) * len(outside))


def auroc_interval(
    scores_in: Tensor,
    scores_out: Tensor,
    *,
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> Interval:
    """Return :func:`auroc` with its percentile bootstrap interval; each sample is resampled by itself.

    Parameters
    ----------
    scores_in, scores_out
        ``(n,)`` and ``(m,)`` finite numbers.
    confidence, resamples, seed
        As of :func:`bootstrap_mean`.

    Returns
    -------
    Interval
        0 ... 1; ``n`` counts both samples.

    Raises
    ------
    InputError
        As of :func:`bootstrap_mean`.

    Examples
    --------
    >>> interval = auroc_interval(torch.tensor([1.0, 2.0, 3.0]), torch.tensor([4.0, 5.0]))
    >>> interval.low, interval.value, interval.high
    (1.0, 1.0, 1.0)
    """
    inside, outside = sample(scores_in, "scores_in"), sample(scores_out, "scores_out")
    _, place = torch.unique(torch.cat([inside, outside]), return_inverse=True)
    places = int(place.max()) + 1
    place_in, place_out = place[: len(inside)], place[len(inside) :]

    def areas(pick_in: Tensor, pick_out: Tensor) -> Tensor:
        counts = inside.new_zeros(len(pick_in), places)
        counts.scatter_add_(1, pick_from(place_in, pick_in), counts.new_ones(1).expand(pick_in.shape))
        below = counts.cumsum(1) - counts / 2  # how many from inside are below every place, a tie a half
        return below.gather(1, pick_from(place_out, pick_out)).mean(1) / len(inside)

    value = auroc(scores_in, scores_out)
    sizes = len(inside), len(outside)
    drawn = distribution(areas, sizes, resamples=resamples, seed=seed, like=inside)
    return interval_of(value, drawn, confidence, sum(sizes))
