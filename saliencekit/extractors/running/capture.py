"""What one forward left for an extractor to make maps of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.autograd.graph import GradientEdge

from ...errors import ModelError
from ...functional.logits import class_logit
from ..finding.head import Head
from ..finding.layouts import MAPS, Layout
from .rerun import Rerun


@dataclass(frozen=True)
class Plan:
    """Where in a network the tensor explained is found; worked out in the first forward.

    Attributes
    ----------
    name
        Name of the layer in ``named_modules()`` of the network without wrappers.
    site
        ``"output"`` or ``"input"`` of ``module``, or what the first global ``"pooling"`` after it sees.
    module
        The module hooked.
    head
        The linear layer behind, if there is one.
    snapshot, copy
        As in :class:`~saliencekit.extractors.running.tap.Tap`.
    layout
        How maps are read off the tensor.
    size
        (H, W) of the images, where the layout holds for those alone (the grid of tokens).
    """

    name: str
    site: Literal["output", "input", "pooling"]
    module: nn.Module
    head: Head | None
    snapshot: bool = False
    copy: bool = False
    layout: Layout = MAPS
    size: tuple[int, int] | None = None

    @property
    def closed(self) -> bool:
        """Whether the gradient of a logit by the features follows from the head's weight, with no backward."""
        return self.head is not None and self.head.link != "other"


@dataclass(frozen=True)
class Capture:
    """Features and logits of one forward, and where the gradient of the one by the other is taken.

    ``kept`` are the features as the network has them, :attr:`features` are (N, C, h, w); ``rerun`` runs the network
    again on other images, for an extractor that ``needs_images``.
    """

    plan: Plan
    kept: Tensor
    source: Tensor | GradientEdge | None
    logits: Tensor
    rerun: Rerun | None = None

    @property
    def features(self) -> Tensor:
        """The features (N, C, h, w); a copy, if inference mode made them and gradients are now recorded."""
        copy = self.kept.is_inference() and torch.is_grad_enabled()
        return self.plan.layout.maps(self.kept.clone() if copy else self.kept)

    def gradients(self, target: Tensor, *, keep_graph: bool) -> Tensor:
        """Return the gradient of each image's class logit by its features, (N, C, h, w).

        Where it follows from the head's weight (:attr:`Plan.closed`), no backward is run and dropout is left out of
        it; elsewhere it takes one backward. It can be differentiated again where the caller records gradients. The
        logits of the batch are summed: where a layer behind the features mixes images (batch normalisation in train
        mode), so does the gradient.

        Raises
        ------
        ModelError
            If the gradient does not reach the layer.
        """
        if self.plan.head is not None and self.plan.closed:
            return self.plan.head.gradients(self.features, target)
        records = torch.is_grad_enabled()
        with torch.enable_grad():
            score = class_logit(self.logits, target).sum()
        found: tuple[Tensor | None, ...] = (None,)
        if score.requires_grad and self.source is not None:
            found = torch.autograd.grad(
                score, self.source, retain_graph=keep_graph or records, create_graph=records, allow_unused=True
            )
        if found[0] is None:
            raise ModelError(
                f"the gradient of the logits does not reach layer {self.plan.name!r}: the model does not use it, "
                "detaches what follows from it, or switches gradients off in its own forward"
            )
        return self.plan.layout.maps(found[0])
