"""How well a score tells two classes apart: the numbers that follow from a curve's counts, see :mod:`.curves`."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ..errors import InputError
from ._checks import check_shape


def curve_auroc(hits: Tensor, alarms: Tensor) -> Tensor:
    """Return the area under the ROC curve, ties counting one half.

    Parameters
    ----------
    hits, alarms
        (..., T), from :func:`~saliencekit.functional.curves.curve_counts`.

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
        (..., T), from :func:`~saliencekit.functional.curves.curve_counts`.

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
        (..., T), from :func:`~saliencekit.functional.curves.curve_counts`.

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
        (..., T), from :func:`~saliencekit.functional.curves.curve_counts`.
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
