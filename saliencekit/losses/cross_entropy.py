"""Cross-entropy alone: the baseline that every other loss is compared with."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from ..functional._checks import as_float
from ._base import SalienceLoss
from ._terms import check_logits, cross_entropy_values, reduced, total


def cross_entropy_terms(logits: Tensor, labels: Tensor, *, reduction: str = "mean") -> dict[str, Tensor]:
    """Return the one term of :func:`cross_entropy_loss`, named ``cross_entropy``.

    >>> import torch
    >>> list(cross_entropy_terms(torch.zeros(1, 2), torch.tensor([0])))
    ['cross_entropy']
    """
    check_logits(logits, labels)
    return {"cross_entropy": reduced(cross_entropy_values(as_float(logits), labels), reduction)}


def cross_entropy_loss(logits: Tensor, labels: Tensor, *, reduction: str = "mean") -> Tensor:
    """Return the cross-entropy of the logits, in nats: 0 where the true class is certain.

    Parameters
    ----------
    logits
        (N, K); with K = 1 it is the logit of class 1.
    labels
        (N,) integers, the true classes.
    reduction
        ``"mean"`` or ``"sum"`` over the samples, or ``"none"`` for the (N,) values.

    Returns
    -------
    Tensor
        Scalar, or (N,); from 0 up; float32, or float64 for float64 logits.

    Raises
    ------
    InputError
        Where a shape or a label does not fit.

    Examples
    --------
    A fair coin costs ln 2, with two logits and with one:

    >>> import torch
    >>> cross_entropy_loss(torch.zeros(3, 2), torch.tensor([0, 1, 1]))
    tensor(0.6931)
    >>> cross_entropy_loss(torch.zeros(3, 1), torch.tensor([0, 1, 1]))
    tensor(0.6931)
    """
    return total(cross_entropy_terms(logits, labels, reduction=reduction))


class CrossEntropyLoss(SalienceLoss):
    """:func:`cross_entropy_loss`, called as every salience loss is; the maps are not looked at.

    >>> import torch
    >>> CrossEntropyLoss()(torch.zeros(3, 2), torch.tensor([0, 1, 1]))
    tensor(0.6931)
    """

    word: ClassVar[str] = "cross-entropy"

    def terms(
        self,
        logits: Tensor,
        labels: Tensor,
        maps: Tensor | None = None,
        human_maps: Tensor | None = None,
        has_map: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """Return the one term, ``cross_entropy``."""
        return cross_entropy_terms(logits, labels, reduction=self.reduction)

    def forward(
        self,
        logits: Tensor,
        labels: Tensor,
        maps: Tensor | None = None,
        human_maps: Tensor | None = None,
        has_map: Tensor | None = None,
    ) -> Tensor:
        """Return the loss: a scalar, or (N,) where ``reduction="none"``."""
        return total(self.terms(logits, labels))
