"""The attention of every block of one forward, multiplied up as it runs: one (N, L, L) is kept, whatever the depth."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial

import torch
from torch import Tensor, nn

from ...errors import ModelError
from ...functional.rollout import Heads, fuse_heads, roll
from ..finding.attention import Attention, AttentionTrace
from ..finding.shapes import Shapes
from ..finding.stack import Running
from .capture import Capture, Plan

_REFUSED = (
    "attention-rollout needs a model in which every block attends over all patches, as in a ViT, and this one {why}: "
    "use grad-cam (GradCAM)"
)


class Rolling:
    """Watches one forward of ``root`` on ``images``, and rolls its attention out."""

    def __init__(self, root: nn.Module, images: Tensor | None, *, heads: Heads, residual: float) -> None:
        self._root, self._heads, self._residual = root, heads, residual
        self._size = None if images is None else (images.shape[2], images.shape[3])
        self._shapes = Shapes(images)
        self._attention, self._running = AttentionTrace(self._shapes), Running(self._shapes)
        self._rolled: Tensor | None = None
        self._pooled: Tensor | None = None  # rows of queries that are no tokens
        self._fault = ""
        self._at = ""
        self.layers: list[tuple[str, tuple[int, ...], int]] = []
        self.cut = False

    def install(self, stack: ExitStack) -> None:
        """Watch until ``stack`` closes."""
        for name, module in self._root.named_modules():
            if name:
                started = partial(self._running.start, name)
                stack.callback(module.register_forward_pre_hook(started, with_kwargs=True).remove)
                stack.callback(module.register_forward_hook(self._finished).remove)
        stack.enter_context(self._attention.telling(self._attended))
        stack.enter_context(self._shapes)

    def capture(self, logits: Tensor) -> Capture:
        """Return the share of each patch, as tokens (N, L, 1), now that the forward has given ``logits`` (N, K).

        It is the mean over the rows of the class tokens that the head read; where it read none, of all patches.

        Raises
        ------
        ModelError
            If the model does not attend over all patches in every block.
        """
        if self._fault or self._attention.local or self._rolled is None:
            why = self._fault or ("attends over windows or channels" if self._attention.local else "does not attend")
            raise ModelError(_REFUSED.format(why=why))
        layout = self._shapes.tokens(self._rolled.shape[2])
        if layout is None:
            raise ModelError(_REFUSED.format(why="has tokens whose grid is not known"))
        rows = self._rolled if self._pooled is None else self._pooled
        if self._pooled is None and self._attention.read:
            rows = rows[:, sorted(self._attention.read)]
        elif self._pooled is None:
            rows = rows.narrow(1, layout.first, layout.length - layout.dropped)
        plan = Plan(self._at, "output", self._root.get_submodule(self._at), None, layout=layout, size=self._size)
        shares = rows.mean(1)[..., None]  # some networks narrow their softmax
        return Capture(plan, shares.to(torch.promote_types(shares.dtype, logits.dtype)), None, logits)

    def _finished(self, module: nn.Module, _: object, __: object) -> None:
        self._running.finish(module)

    def _attended(self, attention: Attention) -> None:
        with torch.no_grad():
            weights = attention.weights()
            length = attention.answering if self._rolled is None else self._rolled.shape[2]
            if attention.answering != length or self._pooled is not None:
                self._fault = f"attends over {length} tokens, then over {attention.answering}"
            elif attention.asking == length:
                self._rolled = roll(self._rolled, weights, heads=self._heads, residual=self._residual)
            elif self._rolled is not None:
                self._pooled = fuse_heads(weights, heads=self._heads) @ self._rolled
            found = self._running.innermost()
            self._at = found[0] if found is not None else ""
