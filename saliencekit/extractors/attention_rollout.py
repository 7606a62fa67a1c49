"""Attention rollout: how much of each patch reaches the class token through the attention of all blocks."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from torch import Tensor, nn

from ..errors import UsageError, one_of
from ..functional.rollout import HEADS, Heads
from .base import Extractor
from .running.capture import Capture
from .running.rolling import Rolling
from .running.watcher import Watcher


class AttentionRollout(Extractor):
    r"""What a vision transformer mixes into its class token, whatever the class.

    .. math:: R = \tilde A_B \cdots \tilde A_2 \tilde A_1, \quad \tilde A_b = \mathrm{rows}\big((1 - r) A_b + r I\big)

    with A_b the attention of block b over its fused heads, and the row of the class token in R over the patches as
    the map. Class, distillation and register tokens are left out of it, so that its cells sum to at most 1; two class
    tokens that the head reads count as their mean, and where the head reads none, it is the mean over all patches. No
    gradient and no class enters: the map is the same for every ``target``. Where a fused kernel hides the attention,
    it is worked out again from queries and keys; dropout is left out of it. The maps are detached.

    Parameters
    ----------
    model, output
        As for :class:`Extractor`.
    layer
        ``"auto"`` alone: every block counts.
    heads
        How the heads of a block become one: their ``"mean"`` (the paper), ``"min"`` or ``"max"``.
    residual
        r, the share of the residual connection, in [0, 1].

    References
    ----------
    Abnar, Zuidema, "Quantifying attention flow in transformers", ACL 2020, arXiv:2005.00928.

    Examples
    --------
    >>> import torch
    >>> from torchvision.models import VisionTransformer
    >>> model = VisionTransformer(32, 8, num_layers=2, num_heads=2, hidden_dim=8, mlp_dim=16, num_classes=3)
    >>> extract = AttentionRollout(model)
    >>> extract(torch.rand(4, 3, 32, 32)).shape, extract.layer_name
    (torch.Size([4, 4, 4]), 'encoder.layers.encoder_layer_1.self_attention')
    """

    word: ClassVar[str] = "attention-rollout"
    needs_gradient: ClassVar[bool] = False

    def __init__(
        self,
        model: nn.Module,
        layer: str | nn.Module = "auto",
        *,
        output: str | int | None = None,
        heads: Heads = "mean",
        residual: float = 0.5,
    ) -> None:
        if layer != "auto":
            raise UsageError("attention-rollout takes the attention of every block: it takes no layer but 'auto'")
        if not 0 <= residual <= 1:
            raise UsageError(f"expected `residual` in [0, 1], got {residual}")
        super().__init__(model, layer, output=output)
        one_of(heads, HEADS, "fusion of heads")
        observe = partial(Rolling, heads=heads, residual=residual)
        self._watcher = Watcher(self._root, layer=None, gradient=False, output=output, observe=observe)

    def salience(self, capture: Capture, target: Tensor, *, keep_graph: bool) -> Tensor:
        """Return the maps, (N, h, w), shares of what reaches the class token."""
        del target, keep_graph  # the same map for every class
        return capture.features[:, 0].clone()
