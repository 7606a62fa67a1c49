"""CYBORG: the model's map is drawn to the human one (boyd2023cyborg)."""

from __future__ import annotations

from typing import ClassVar, Literal

from torch import Tensor

from ._base import SalienceLoss
from ._terms import (
    check_weight,
    checked,
    cross_entropy_values,
    distance_values,
    reduced,
    require_human,
    total,
)


def cyborg_terms(
    logits: Tensor,
    labels: Tensor,
    maps: Tensor,
    human_maps: Tensor | None = None,
    has_map: Tensor | None = None,
    *,
    alpha: float | Literal["adaptive"] = 0.5,
    reduction: str = "mean",
) -> dict[str, Tensor]:
    """Return the weighted terms of :func:`cyborg_loss`: ``cross_entropy`` and ``human_mse``."""
    batch = checked(logits, labels, maps, human_maps, has_map)
    entropies = cross_entropy_values(batch.logits, batch.labels)
    distances = distance_values(batch.maps, require_human(batch, CyborgLoss.word))
    weight: float | Tensor
    if alpha == "adaptive":
        entropy, distance = entropies.detach().mean(), reduced(distances.detach(), "mean", has_map)
        weight = entropy / (entropy + distance + 1e-8)
    else:
        weight = check_weight("alpha", alpha, highest=1.0)
    return {
        "cross_entropy": weight * reduced(entropies, reduction),
        "human_mse": (1 - weight) * reduced(distances, reduction, has_map),
    }


def cyborg_loss(
    logits: Tensor,
    labels: Tensor,
    maps: Tensor,
    human_maps: Tensor | None = None,
    has_map: Tensor | None = None,
    *,
    alpha: float | Literal["adaptive"] = 0.5,
    reduction: str = "mean",
) -> Tensor:
    """Return ``alpha CE + (1 - alpha) mean (s_human - s_model)^2``, both maps in unit range.

    0 where every image is classified with certainty and the model looks exactly where people did.

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
        (N,) bool; samples with False are left out of the human term. ``None``: all have one.
    alpha
        Weight of the cross-entropy, in [0, 1]; the paper's is .5. ``"adaptive"`` is
        ``CE / (CE + MSE + 1e-8)`` of this batch, through which no gradient flows.
    reduction
        ``"mean"``: the mean over the samples that a term has; ``"sum"``; or ``"none"`` for (N,) values.

    Returns
    -------
    Tensor
        Scalar, or (N,); from 0 up; float32, or float64 for float64 input.

    Raises
    ------
    InputError
        Where a shape or a label does not fit, or human maps are missing without ``has_map`` saying so.
    UsageError
        Where ``alpha`` is outside [0, 1].

    References
    ----------
    [boyd2023cyborg]_, Eq. 1-3.

    Examples
    --------
    A model that looks where people did not, and one that looks where they did:

    >>> import torch
    >>> logits, labels = torch.tensor([[50.0, 0.0]]), torch.tensor([0])
    >>> left, right = torch.tensor([[[1.0, 0.0]]]), torch.tensor([[[0.0, 1.0]]])
    >>> cyborg_loss(logits, labels, left, right), cyborg_loss(logits, labels, 3 * left, left)
    (tensor(0.5000), tensor(0.))
    """
    return total(cyborg_terms(logits, labels, maps, human_maps, has_map, alpha=alpha, reduction=reduction))


class CyborgLoss(SalienceLoss):
    """:func:`cyborg_loss` with its settings kept.

    >>> CyborgLoss(alpha="adaptive")
    CyborgLoss(reduction='mean', alpha='adaptive')
    """

    word: ClassVar[str] = "cyborg"
    needs_human_maps: ClassVar[bool] = True

    def __init__(self, *, alpha: float | Literal["adaptive"] = 0.5, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.alpha = alpha if alpha == "adaptive" else check_weight("alpha", alpha, highest=1.0)

    def terms(
        self,
        logits: Tensor,
        labels: Tensor,
        maps: Tensor,
        human_maps: Tensor | None = None,
        has_map: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """Return the weighted terms ``cross_entropy`` and ``human_mse``."""
        return cyborg_terms(logits, labels, maps, human_maps, has_map, alpha=self.alpha, reduction=self.reduction)
