"""CYBORG+DROID: drawn to the human map and to low entropy at once (piland2023droid)."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from ._base import SalienceLoss
from ._terms import (
    check_weight,
    checked,
    cross_entropy_values,
    distance_values,
    log_entropy_values,
    reduced,
    require_human,
    total,
)


def cyborg_droid_terms(
    logits: Tensor,
    labels: Tensor,
    maps: Tensor,
    human_maps: Tensor | None = None,
    has_map: Tensor | None = None,
    *,
    alpha: float = 0.5,
    beta: float = 0.3,
    gamma: float = 0.5,
    offset: float = 0.0,
    reduction: str = "mean",
) -> dict[str, Tensor]:
    """Return the weighted terms ``human_mse``, ``log_entropy`` and ``cross_entropy``."""
    for name, weight in (("alpha", alpha), ("beta", beta), ("gamma", gamma), ("offset", offset)):
        check_weight(name, weight)
    batch = checked(logits, labels, maps, human_maps, has_map)
    distances = distance_values(batch.maps, require_human(batch, CyborgDroidLoss.word))
    return {
        "human_mse": alpha * reduced(distances, reduction, has_map),
        "log_entropy": beta * reduced(log_entropy_values(batch.maps, offset=offset), reduction),
        "cross_entropy": gamma * reduced(cross_entropy_values(batch.logits, batch.labels), reduction),
    }


def cyborg_droid_loss(
    logits: Tensor,
    labels: Tensor,
    maps: Tensor,
    human_maps: Tensor | None = None,
    has_map: Tensor | None = None,
    *,
    alpha: float = 0.5,
    beta: float = 0.3,
    gamma: float = 0.5,
    offset: float = 0.0,
    reduction: str = "mean",
) -> Tensor:
    """Return ``alpha MSE(s_human, s_model) + beta mean ln(H_model + offset) + gamma CE``.

    Mind the order of the weights: here ``alpha`` is the human term's and ``gamma`` the cross-entropy's.

    Parameters
    ----------
    logits
        (N, K); with K = 1 it is the logit of class 1.
    labels
        (N,) integers, the true classes.
    maps
        (N, h, w) raw maps of the model; the paper explains the predicted class.
    human_maps
        (N, H, W) of any size and range; they are brought to the maps' grid.
    has_map
        (N,) bool; samples with False are left out of the human term. ``None``: all have one.
    alpha, beta, gamma
        Weights from 0 up of the human term, the log-entropy and the cross-entropy; the paper's are
        .5, .3 and .5, which do not sum to 1.
    offset
        As in :func:`droid_loss`: 0 in the paper, 1 in the authors' later code.
    reduction
        ``"mean"``: the mean over the samples that a term has; ``"sum"``; or ``"none"`` for (N,) values.

    Returns
    -------
    Tensor
        Scalar, or (N,); float32, or float64 for float64 input.

    Raises
    ------
    InputError
        Where a shape or a label does not fit, or human maps are missing without ``has_map`` saying so.
    UsageError
        Where a weight or ``offset`` is negative or not finite.

    References
    ----------
    [piland2023droid]_, Eq. 8.

    Examples
    --------
    >>> import torch
    >>> logits, labels = torch.tensor([[50.0, 0.0]]), torch.tensor([0])
    >>> left, right = torch.tensor([[[1.0, 0.0]]]), torch.tensor([[[0.0, 1.0]]])
    >>> cyborg_droid_loss(logits, labels, left, right, offset=1.0)
    tensor(0.5000)
    >>> cyborg_droid_loss(logits, labels, left, left, offset=1.0)
    tensor(0.)
    """
    terms = cyborg_droid_terms(
        logits,
        labels,
        maps,
        human_maps,
        has_map,
        alpha=alpha,
        beta=beta,
        gamma=gamma,
        offset=offset,
        reduction=reduction,
    )
    return total(terms)


class CyborgDroidLoss(SalienceLoss):
    """:func:`cyborg_droid_loss` with its settings kept.

    >>> CyborgDroidLoss()
    CyborgDroidLoss(reduction='mean', alpha=0.5, beta=0.3, gamma=0.5, offset=0.0)
    """

    word: ClassVar[str] = "cyborg-droid"
    needs_human_maps: ClassVar[bool] = True

    def __init__(
        self,
        *,
        alpha: float = 0.5,
        beta: float = 0.3,
        gamma: float = 0.5,
        offset: float = 0.0,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction=reduction)
        self.alpha = check_weight("alpha", alpha)
        self.beta = check_weight("beta", beta)
        self.gamma = check_weight("gamma", gamma)
        self.offset = check_weight("offset", offset)

    def terms(
        self,
        logits: Tensor,
        labels: Tensor,
        maps: Tensor,
        human_maps: Tensor | None = None,
        has_map: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """Return the weighted terms ``human_mse``, ``log_entropy`` and ``cross_entropy``."""
        return cyborg_droid_terms(
            logits,
            labels,
            maps,
            human_maps,
            has_map,
            alpha=self.alpha,
            beta=self.beta,
            gamma=self.gamma,
            offset=self.offset,
            reduction=self.reduction,
        )
