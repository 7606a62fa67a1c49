"""FMMMSE: the entropy of the model's maps is brought down, with no human in it (piland2023droid)."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from ..functional.entropy import cam_entropy
from ._base import SalienceLoss
from ._terms import check_weight, checked, cross_entropy_values, reduced, total


def fmmmse_terms(
    logits: Tensor, labels: Tensor, maps: Tensor, *, alpha: float = 0.5, reduction: str = "mean"
) -> dict[str, Tensor]:
    """Return the weighted terms of :func:`fmmmse_loss`: ``cross_entropy`` and ``entropy``."""
    check_weight("alpha", alpha, highest=1.0)
    batch = checked(logits, labels, maps)
    return {
        "cross_entropy": alpha * reduced(cross_entropy_values(batch.logits, batch.labels), reduction),
        "entropy": (1 - alpha) * reduced(cam_entropy(batch.maps), reduction),
    }


def fmmmse_loss(logits: Tensor, labels: Tensor, maps: Tensor, *, alpha: float = 0.5, reduction: str = "mean") -> Tensor:
    """Return ``alpha CE + (1 - alpha) mean H_model``, entropies in nats.

    Low where the images are classified rightly by looking at one place each.

    Parameters
    ----------
    logits
        (N, K); with K = 1 it is the logit of class 1.
    labels
        (N,) integers, the true classes.
    maps
        (N, h, w) raw maps of the model; the papers explain the predicted class.
    alpha
        Weight of the cross-entropy, in [0, 1]; the paper's is .5.
    reduction
        ``"mean"`` or ``"sum"`` over the samples, or ``"none"`` for the (N,) values.

    Returns
    -------
    Tensor
        Scalar, or (N,); from 0 up; float32, or float64 for float64 input.

    Raises
    ------
    InputError
        Where a shape or a label does not fit.
    UsageError
        Where ``alpha`` is outside [0, 1].

    References
    ----------
    [piland2023droid]_.

    Examples
    --------
    One cell and two cells of two, for a classifier that is certain and right:

    >>> import torch
    >>> logits, labels = torch.tensor([[50.0, 0.0]]), torch.tensor([0])
    >>> fmmmse_loss(logits, labels, torch.tensor([[[1.0, 0.0]]]))
    tensor(0.)
    >>> fmmmse_loss(logits, labels, torch.ones(1, 1, 2))  # a half of ln 2
    tensor(0.3466)
    """
    return total(fmmmse_terms(logits, labels, maps, alpha=alpha, reduction=reduction))


class FmmmseLoss(SalienceLoss):
    """:func:`fmmmse_loss` with its settings kept; human maps are not looked at.

    >>> FmmmseLoss()
    FmmmseLoss(reduction='mean', alpha=0.5)
    """

    word: ClassVar[str] = "fmmmse"

    def __init__(self, *, alpha: float = 0.5, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.alpha = check_weight("alpha", alpha, highest=1.0)

    def terms(
        self,
        logits: Tensor,
        labels: Tensor,
        maps: Tensor,
        human_maps: Tensor | None = None,
        has_map: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """Return the weighted terms ``cross_entropy`` and ``entropy``."""
        return fmmmse_terms(logits, labels, maps, alpha=self.alpha, reduction=self.reduction)
