"""How well a score tells two classes apart: curves as counts, and the numbers that follow from them.

A curve is given by two rows of counts: ``hits``, the positives, and ``alarms``, the negatives whose score is at or
above each of the distinct thresholds, the highest threshold first. The last count is therefore the number of them
all. Counts may carry leading axes, so that a thousand resamples are computed as one.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ..errors import InputError
from ._checks import check_shape


def curve_counts(scores: Tensor, labels: Tensor, weights: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
    """Return the distinct thresholds of a score, and the hits and alarms at each of them.

    Parameters
    ----------
    scores
        (n,), finite; higher speaks for the positive class.
    labels
        (n,), bool: True for the positive class.
    weights
        (..., n): how often each image counts; once each by default.

    Returns
    -------
    tuple of Tensor
        Thresholds (T,), highest first; hits and alarms, (..., T), float64, never falling.

    Raises
    ------
    InputError
        If shapes differ, or there is no score.

    Examples
    --------
    >>> scores, labels = torch.tensor([0.9, 0.4, 0.4, 0.1]), torch.tensor([True, True, False, False])
    >>> thresholds, hits, alarms = curve_counts(scores, labels)
    >>> hits, alarms
    (tensor([1., 2., 2.], dtype=torch.float64), tensor([0., 1., 2.], dtype=torch.float64))
    """
    check_shape(scores, "scores", "N")
    if labels.shape != scores.shape or not len(scores):
        raise InputError(f"expected as many `labels` as `scores`, and one at least, got {len(labels)}, {len(scores)}")
    order = scores.argsort(descending=True, stable=True)
    ordered = scores[order]
    ends = tie_ends(ordered)
    each = (
        torch.ones(len(scores), dtype=torch.float64, device=scores.device) if weights is None else weights[..., order]
    )
    return ordered[ends], *counts_at(each, labels[order], ends)


def tie_ends(ordered: Tensor) -> Tensor:
    """Return the place of the last of each run of equal numbers.

    >>> tie_ends(torch.tensor([3.0, 2.0, 2.0]))
    tensor([0, 2])
    """
    last = torch.ones_like(ordered, dtype=torch.bool)
    last[:-1] = ordered[1:] != ordered[:-1]
    return last.nonzero()[:, 0]


def counts_at(weights: Tensor, positive: Tensor, ends: Tensor) -> tuple[Tensor, Tensor]:
    """Return hits and alarms (..., T) of images in the order of falling scores, ``ends`` from :func:`tie_ends`.

    >>> counts_at(torch.ones(3), torch.tensor([True, False, True]), torch.tensor([0, 2]))
    (tensor([1., 2.]), tensor([0., 1.]))
    """
    hits = torch.where(positive, weights, 0).cumsum(-1)
    alarms = weights.cumsum(-1).sub_(hits)
    if len(ends) == len(positive):
        return hits, alarms
    return hits.index_select(-1, ends), alarms.index_select(-1, ends)


def curve_auroc(hits: Tensor, alarms: Tensor) -> Tensor:
    """Return the area under the ROC curve, ties counting one half.

    Parameters
    ----------
    hits, alarms
        (..., T), see the head of this module.

    Returns
    -------
    Tensor
        (...), float64, 0 to 1; 1/2 is chance; NaN without a positive or without a negative.

    Examples
    --------
    >>> curve_auroc(torch.tensor([1.0, 2.0, 2.0]), torch.tensor([0.0, 1.0, 2.0])).item()  # 3 of 4 pairs, and one tie
    0.875
    """
    # The rectangles of a step of alarms, by twice the mean height of its ends; the first step begins at (0, 0).
    steps = (hits[..., 1:] + hits[..., :-1]).mul_(alarms[..., 1:] - alarms[..., :-1])
    area = steps.sum(-1, dtype=torch.float64) + hits[..., 0].double() * alarms[..., 0]
    return area / (2 * hits[..., -1].double() * alarms[..., -1])


def curve_average_precision(hits: Tensor, alarms: Tensor) -> Tensor:
    """Return the average precision: the mean over the positives of the precision at their own threshold.

    Not interpolated. By chance it is the share of positives.

    Parameters
    ----------
    hits, alarms
        (..., T), see the head of this module.

    Returns
    -------
    Tensor
        (...), float64, 0 to 1; NaN without a positive.

    Examples
    --------
    >>> curve_average_precision(torch.tensor([1.0, 2.0, 2.0]), torch.tensor([0.0, 1.0, 2.0]))  # (1 + 2 / 3) / 2
    tensor(0.8333, dtype=torch.float64)
    """
    precision = hits / (hits + alarms).clamp_(min=1)
    first = hits[..., 0] * precision[..., 0]
    steps = (hits[..., 1:] - hits[..., :-1]).mul_(precision[..., 1:])
    return (first + steps.sum(-1, dtype=torch.float64)) / hits[..., -1]


def curve_eer(hits: Tensor, alarms: Tensor) -> Tensor:
    """Return the equal error rate: where the ROC curve, its points joined by lines, has as many misses as alarms.

    Parameters
    ----------
    hits, alarms
        (..., T), see the head of this module.

    Returns
    -------
    Tensor
        (...), a rate, 0 (told apart) to 1 (told apart the wrong way round), 1/2 by chance; NaN without a positive or
        without a negative.

    Examples
    --------
    Half of the negatives are above a quarter of the positives: the line from (0, 3/4) to (1/2, 1) meets 1 - FPR.

    >>> curve_eer(torch.tensor([3.0, 4.0, 4.0]), torch.tensor([0.0, 2.0, 4.0]))
    tensor(0.1667)
    """
    positives, negatives = hits[..., -1:], alarms[..., -1:]
    # hits / P + alarms / N - 1 rises from -1 before the first threshold to 1 at the last
    balance = (hits * negatives).add_(alarms * positives).sub_(positives * negatives)
    place = torch.searchsorted(balance, torch.zeros_like(positives)).clamp_(max=hits.shape[-1] - 1)
    before = (place - 1).clamp(min=0)
    high, low = balance.gather(-1, place), balance.gather(-1, before)
    start = alarms.gather(-1, before)
    low, start = torch.where(place > 0, low, -positives * negatives), torch.where(place > 0, start, 0)
    along = -low / (high - low)
    return ((start + along * (alarms.gather(-1, place) - start)) / negatives)[..., 0]


def curve_tpr_at(hits: Tensor, alarms: Tensor, rate: float) -> Tensor:
    """Return the largest true positive rate of a threshold whose false positive rate is at most ``rate``.

    Not interpolated: a threshold really attains it. 0 where already the highest threshold gives too many alarms.

    Parameters
    ----------
    hits, alarms
        (..., T), see the head of this module.
    rate
        Largest false positive rate, in [0, 1].

    Returns
    -------
    Tensor
        (...), 0 to 1; NaN without a positive.

    Raises
    ------
    InputError
        If ``rate`` is out of range.

    Examples
    --------
    >>> curve_tpr_at(torch.tensor([3.0, 4.0, 4.0]), torch.tensor([0.0, 2.0, 4.0]), 0.4)
    tensor(0.7500)
    """
    if not 0 <= rate <= 1:
        raise InputError(f"expected `rate` between 0 and 1, got {rate}")
    allowed = (alarms[..., -1:] * rate + 1e-9).floor()  # .01 of 300 is 3, not 2.9999
    place = torch.searchsorted(alarms, allowed, right=True) - 1
    found = hits.gather(-1, place.clamp(min=0))
    return (torch.where(place >= 0, found, 0) / hits[..., -1:])[..., 0]


def d_prime(positive: Tensor, negative: Tensor) -> float:
    """Return how far apart two samples of scores are, in standard deviations.

    ``(mean(positive) - mean(negative)) / sqrt((var(positive) + var(negative)) / 2)``, n - 1 in the variances. Signed:
    below zero where the negatives score higher.

    Parameters
    ----------
    positive, negative
        (n,) and (m,), finite.

    Returns
    -------
    float
        Standard deviations; no bound.

    Raises
    ------
    InputError
        Fewer than two values of one, or no spread in either.

    Examples
    --------
    >>> round(d_prime(torch.tensor([3.0, 5.0]), torch.tensor([1.0, 3.0])), 4)  # 2 / sqrt(2)
    1.4142
    """
    check_shape(positive, "positive", "N")
    check_shape(negative, "negative", "N")
    if min(len(positive), len(negative)) < 2:
        raise InputError(f"d' needs two scores of each class, got {len(positive)} and {len(negative)}")
    one, other = positive.double(), negative.double()
    spread = math.sqrt((one.var().item() + other.var().item()) / 2)
    if spread == 0:
        raise InputError("d' is not defined: the scores of each class are all the same")
    return (one.mean() - other.mean()).item() / spread


def calibration_bins(probabilities: Tensor, *, bins: int = 15) -> Tensor:
    """Return the bin, 0 .. bins - 1, of each probability: equal widths, each with its lower edge; 1 is in the last.

    >>> calibration_bins(torch.tensor([0.0, 0.5, 1.0]), bins=2)
    tensor([0, 1, 1])
    """
    edges = torch.linspace(0, 1, bins + 1, dtype=probabilities.dtype, device=probabilities.device)
    return torch.bucketize(probabilities, edges[1:-1], right=True)
