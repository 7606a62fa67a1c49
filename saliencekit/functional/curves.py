"""How well a score tells two classes apart, as counts: how many of each class are at or above each threshold.

A curve is given by two rows of counts: ``hits``, the positives, and ``alarms``, the negatives whose score is at or
above each of the distinct thresholds, the highest threshold first. The last count is therefore the number of them
all. Counts may carry leading axes, so that a thousand resamples are computed as one.
"""

from __future__ import annotations

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
