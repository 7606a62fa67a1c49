"""Keeping what a layer gives while the network goes on with it."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.graph import GradientEdge, get_gradient_edge

from ..finding.trails import version


class _Cut(torch.autograd.Function):
    """Makes a tensor the beginning of a graph, without a copy; what overwrites it in place is recorded."""

    @staticmethod
    def forward(ctx: Any, tensor: Tensor, anchor: Tensor) -> Tensor:
        ctx.mark_dirty(tensor)
        return tensor

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[None, None]:
        return None, None


class Tap:
    """Keeps one layer's tensor of one forward, and where to take gradients by it.

    Parameters
    ----------
    begin
        Gradients will be asked for: where the caller records none, the graph is cut at the tensor, so that only what
        follows is recorded. Nothing before it is saved.
    whole
        Leave a graph that is there whole: the caller records gradients, or another extractor does.
    snapshot
        Explain the tensor as the layer gave it. Otherwise as it is once the network is done, with what in-place
        layers made of it: DenseNet's last ReLU overwrites the output of ``features``.
    copy
        Copy a snapshot, since something will overwrite it.
    """

    def __init__(self, *, begin: bool, whole: bool, snapshot: bool, copy: bool) -> None:
        self._begin, self._whole, self._snapshot, self._copy = begin, whole, snapshot, copy
        self._since = 0
        self.given: Tensor | None = None  # what the network goes on with
        self.features: Tensor | None = None
        self.source: Tensor | GradientEdge | None = None
        self.runs = 0
        self.cut = False

    def take(self, out: Tensor) -> Tensor:
        """Keep ``out`` and return what the network is to go on with: the same numbers at the same place."""
        given = self._beginning(out) if self._begin else out
        copy = self._snapshot and self._copy
        self.features = given.clone() if copy else given
        self.source = get_gradient_edge(given) if self._snapshot and given.requires_grad else given
        self.given, self._since = given, version(given)
        self.runs += 1
        return given

    def overwritten(self) -> bool:
        """Return whether something has, or may have, written into the tensor since it was taken."""
        return self.given is not None and (self.given.is_inference() or version(self.given) != self._since)

    def is_given(self, tensor: Tensor) -> bool:
        """Return whether ``tensor`` lies where the tensor taken lies, whatever was written there since."""
        given = self.given
        return (
            given is not None
            and (tensor.data_ptr(), tensor.shape) == (given.data_ptr(), given.shape)
            and tensor.stride() == given.stride()
        )

    def _beginning(self, out: Tensor) -> Tensor:
        if self._whole and out.requires_grad:
            return out
        self.cut = True
        torch.set_grad_enabled(True)  # until the forward is over: `Watcher` switches it back
        # a caller who records may have saved `out` for a backward, which must not see it marked as written into
        base = out.clone() if self._whole else out.detach()
        given: Tensor = _Cut.apply(base, torch.zeros((), requires_grad=True))
        return given
