"""HSEB: the model's mean map entropy is drawn to people's (piland2023droid)."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from ..functional.entropy import cam_entropy
from ._base import SalienceLoss
from ._terms import check_weight, checked, cross_entropy_values, reduced, require_human, total


def hseb_terms(
    logits: Tensor,
    labels: Tensor,
    maps: Tensor,
    human_maps: Tensor | None = None,
    has_map: Tensor | None = None,
    *,
    alpha: float = 0.5,
    human_entropy: float | None = None,
    reduction: str = "mean",
) -> dict[str, Tensor]:
    """Return the weighted terms of :func:`hseb_loss`: ``cross_entropy`` and ``entropy_difference``."""
    check_weight("alpha", alpha, highest=1.0)
    if human_entropy is not None:
        check_weight("human_entropy", human_entropy)
        human_maps = has_map = None
    batch = checked(logits, labels, maps, human_maps, has_map)
    entropies = cam_entropy(batch.maps)
    human: float | Tensor
    if human_entropy is None:
        human = reduced(cam_entropy(require_human(batch, HsebLoss.word)), "mean", has_map)
    else:
        human = human_entropy
    difference = (reduced(entropies, "mean", has_map) - human).square().expand(len(entropies))
    return {
        "cross_entropy": alpha * reduced(cross_entropy_values(batch.logits, batch.labels), reduction),
        "entropy_difference": (1 - alpha) * reduced(difference, reduction, has_map),
    }


def hseb_loss(
    logits: Tensor,
    labels: Tensor,
    maps: Tensor,
    human_maps: Tensor | None = None,
    has_map: Tensor | None = None,
    *,
    alpha: float = 0.5,
    human_entropy: float | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return ``alpha CE + (1 - alpha) (mean H_model - mean H_human)^2``, entropies in nats.

    The means are taken over the batch first, then one difference is squared: the model's maps need be
    as concentrated as people's on average, not where people's are.

    Parameters
    ----------
    logits
        (N, K); with K = 1 it is the logit of class 1.
    labels
        (N,) integers, the true classes.
    maps
        (N, h, w) raw maps of the model; the papers explain the predicted class.
    human_maps
        (N, H, W) of any size and range; they are brought to the maps' grid.
    has_map
        (N,) bool; samples with False are left out of both means. ``None``: all have one.
    alpha
        Weight of the cross-entropy, in [0, 1]; the paper's is .5.
    human_entropy
        People's mean entropy, known beforehand, in nats; human maps are not looked at then.
    reduction
        ``"mean"``: the mean over the samples that a term has; ``"sum"``; or ``"none"`` for (N,) values,
        in which every sample carries the batch's one squared difference.

    Returns
    -------
    Tensor
        Scalar, or (N,); from 0 up; float32, or float64 for float64 input.

    Raises
    ------
    InputError
        Where a shape or a label does not fit, or human maps are missing without ``has_map`` saying so.
    UsageError
        Where ``alpha`` is outside [0, 1] or ``human_entropy`` negative.

    References
    ----------
    [piland2023droid]_.

    Examples
    --------
    A one-hot map has an entropy of 0; people's is said to be 2:

    >>> import torch
    >>> logits, labels = torch.tensor([[50.0, 0.0]]), torch.tensor([0])
    >>> hseb_loss(logits, labels, torch.tensor([[[1.0, 0.0]]]), human_entropy=2.0)
    tensor(2.)
    """
    terms = hseb_terms(
        logits,
        labels,
        maps,
        human_maps,
        has_map,
        alpha=alpha,
        human_entropy=human_entropy,
        reduction=reduction,
    )
    return total(terms)


class HsebLoss(SalienceLoss):
    """:func:`hseb_loss` with its settings kept.

    >>> HsebLoss(human_entropy=3.0)
    HsebLoss(reduction='mean', alpha=0.5, human_entropy=3.0)
    """

    word: ClassVar[str] = "hseb"
    needs_human_maps: ClassVar[bool] = True

    def __init__(self, *, alpha: float = 0.5, human_entropy: float | None = None, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.alpha = check_weight("alpha", alpha, highest=1.0)
        self.human_entropy = None if human_entropy is None else check_weight("human_entropy", human_entropy)

    def terms(
        self,
        logits: Tensor,
        labels: Tensor,
        maps: Tensor,
        human_maps: Tensor | None = None,
        has_map: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """Return the weighted terms ``cross_entropy`` and ``entropy_difference``."""
        return hseb_terms(
            logits,
            labels,
            maps,
            human_maps,
            has_map,
            alpha=self.alpha,
            human_entropy=self.human_entropy,
            reduction=self.reduction,
        )
