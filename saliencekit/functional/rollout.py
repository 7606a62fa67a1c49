"""Attention rollout: how much of each patch reaches each token through all blocks, tensor to tensor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor

from ..errors import InputError, UsageError, one_of
from ._checks import as_float, check_shape, full_precision

Heads = Literal["mean", "min", "max"]
HEADS = ("mean", "min", "max")


def attention_rollout(attentions: Sequence[Tensor], *, heads: Heads = "mean", residual: float = 0.5) -> Tensor:
    r"""Return the attention that flows from each token back to the first block's tokens, through all blocks.

    .. math:: R = \tilde A_B \cdots \tilde A_2 \tilde A_1, \quad
        \tilde A_b = \mathrm{rows}\big((1 - r) A_b + r I\big)

    with A_b the attention of block b over its heads fused, r the share of the residual connection, and every row
    divided by its sum.

    Parameters
    ----------
    attentions
        One (N, heads, L, L) a block, the first block first; rows of queries that sum to 1.
    heads
        How the heads of a block become one: their ``"mean"`` (the paper), ``"min"`` or ``"max"``.
    residual
        r, in [0, 1].

    Returns
    -------
    Tensor
        (N, L, L), float32 or float64; row i holds what token i takes from each token, not negative, sum 1.

    Raises
    ------
    UsageError
        If ``heads`` or ``residual`` make no sense.
    InputError
        If there are no attentions, or their shapes do not fit together.

    References
    ----------
    Abnar, Zuidema, "Quantifying attention flow in transformers", ACL 2020, arXiv:2005.00928.

    Examples
    --------
    >>> attention = torch.tensor([[[[0.5, 0.5], [1.0, 0.0]]]])
    >>> attention_rollout([attention])
    tensor([[[0.7500, 0.2500],
             [0.5000, 0.5000]]])
    """
    rolled: Tensor | None = None
    for attention in attentions:
        rolled = roll(rolled, attention, heads=heads, residual=residual)
    if rolled is None:
        raise InputError("expected `attentions` of at least one block, got none")
    return rolled


def roll(rolled: Tensor | None, attention: Tensor, *, heads: Heads = "mean", residual: float = 0.5) -> Tensor:
    """Return the rollout (N, L, L) one block further than ``rolled`` (``None`` before the first).

    >>> roll(None, torch.eye(2)[None, None]).tolist()
    [[[1.0, 0.0], [0.0, 1.0]]]
    """
    if not 0 <= residual <= 1:
        raise UsageError(f"expected `residual` in [0, 1], got {residual}")
    fused = fuse_heads(attention, heads=heads)
    if fused.shape[1] != fused.shape[2] or (rolled is not None and rolled.shape != fused.shape):
        expected = "(N, heads, L, L)" if rolled is None else f"(N, heads, {rolled.shape[1]}, {rolled.shape[1]})"
        raise InputError(f"expected an attention of shape {expected}, got {tuple(attention.shape)}")
    fused = (1 - residual) * fused + residual * torch.eye(fused.shape[1], dtype=fused.dtype, device=fused.device)
    fused = fused / fused.sum(-1, keepdim=True)
    with full_precision(fused.device):
        return fused if rolled is None else fused @ rolled


def fuse_heads(attention: Tensor, *, heads: Heads = "mean") -> Tensor:
    """Return an attention (N, heads, asking, answering) without its heads, float32 or float64.

    >>> fuse_heads(torch.tensor([[[[0.2, 0.8]], [[0.6, 0.4]]]]), heads="max")
    tensor([[[0.6000, 0.8000]]])
    """
    one_of(heads, HEADS, "fusion of heads")
    check_shape(attention, "attention", "N", "heads", "L", "L")
    attention = as_float(attention)
    if heads == "mean":
        return attention.mean(1)
    return attention.amin(1) if heads == "min" else attention.amax(1)
