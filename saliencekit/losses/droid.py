"""DROID: the logarithm of the map's entropy is brought down, with no human in it (piland2023droid)."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from ._base import SalienceLoss
from ._terms import check_weight, checked, cross_entropy_values, log_entropy_values, reduced, total


def droid_terms(
    logits: Tensor,
    labels: Tensor,
    maps: Tensor,
    *,
    alpha: float = 0.5,
    offset: float = 0.0,
    reduction: str = "mean",
) -> dict[str, Tensor]:
    """Return the weighted terms of :func:`droid_loss`: ``cross_entropy`` and ``log_entropy``."""
    check_weight("alpha", alpha, highest=1.0)
    check_weight("offset", offset)
    batch = checked(logits, labels, maps)
    return {
        "cross_entropy": alpha * reduced(cross_entropy_values(batch.logits, batch.labels), reduction),
        "log_entropy": (1 - alpha) * reduced(log_entropy_values(batch.maps, offset=offset), reduction),
    }


def droid_loss(
    logits: Tensor,
    labels: Tensor,
    maps: Tensor,
    *,
    alpha: float = 0.5,
    offset: float = 0.0,
    reduction: str = "mean",
) -> Tensor:
    """Return ``alpha CE + (1 - alpha) mean ln(H_model + offset)``, H in nats.

    Low where the images are classified rightly by looking at one place each; it may be negative.

    Parameters
    ----------
    logits
        (N, K); with K = 1 it is the logit of class 1.
    labels
        (N,) integers, the true classes.
    maps
        (N, h, w) raw maps of the model; the paper explains the predicted class.
    alpha
        Weight of the cross-entropy, in [0, 1]; the paper's is .5.
    offset
        0 as in the paper, unbounded below but for a floor of 1e-6 nats on H, under which the term has no
        gradient; 1 as in the authors' later code, where a one-hot map costs nothing.
    reduction
        ``"mean"`` or ``"sum"`` over the samples, or ``"none"`` for the (N,) values.

    Returns
    -------
    Tensor
        Scalar, or (N,); float32, or float64 for float64 input.

    Raises
    ------
    InputError
        Where a shape or a label does not fit.
    UsageError
        Where ``alpha`` is outside [0, 1] or ``offset`` negative.

    References
    ----------
    [piland2023droid]_, Eq. 7.

    Examples
    --------
    One cell of two, and both, for a classifier that is certain and right (ln(1 + ln 2) / 2 = .2633):

    >>> import torch
    >>> logits, labels = torch.tensor([[50.0, 0.0]]), torch.tensor([0])
    >>> droid_loss(logits, labels, torch.tensor([[[1.0, 0.0]]]), offset=1.0)
    tensor(0.)
    >>> droid_loss(logits, labels, torch.ones(1, 1, 2), offset=1.0)
    tensor(0.2633)
    """
    return total(droid_terms(logits, labels, maps, alpha=alpha, offset=offset, reduction=reduction))


class DroidLoss(SalienceLoss):
    """:func:`droid_loss` with its settings kept; human maps are not looked at.

    >>> DroidLoss(offset=1.0)
    DroidLoss(reduction='mean', alpha=0.5, offset=1.0)
    """

    word: ClassVar[str] = "droid"

    def __init__(self, *, alpha: float = 0.5, offset: float = 0.0, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.alpha = check_weight("alpha", alpha, highest=1.0)
        self.offset = check_weight("offset", offset)

    def terms(
        self,
        logits: Tensor,
        labels: Tensor,
        maps: Tensor,
        human_maps: Tensor | None = None,
        has_map: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """Return the weighted terms ``cross_entropy`` and ``log_entropy``."""
        return droid_terms(logits, labels, maps, alpha=self.alpha, offset=self.offset, reduction=self.reduction)
