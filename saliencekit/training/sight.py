"""Logits, auxiliary logits and maps of one forward of the network, as it is or compiled."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from ..errors import ModelError, UsageError
from ..extractors import CAM, Extractor
from ..extractors.finding.outputs import as_logits, pick_logits
from ..extractors.layers import linear_head
from ..functional.activation import cam
from ..functional.logits import Target, resolve_target
from .explainer import explainer, twice_differentiable

AUXILIARY = {"aux_logits": 0.4, "aux_logits1": 0.3, "aux_logits2": 0.3}
"""Weights of the auxiliary heads' cross-entropies, as torchvision trains Inception v3, and GoogLeNet's paper it."""


class Seen(NamedTuple):
    """What a forward gave: logits (N, K), raw maps (N, h, w), and logits of auxiliary heads by their weights."""

    logits: Tensor
    maps: Tensor
    auxiliary: tuple[tuple[float, Tensor], ...] = ()


class Sight:
    """Looks where a network looks, in the forward that it trains by.

    Parameters
    ----------
    model
        A classifier.
    layer, salience
        As for :func:`explainer`.

    Examples
    --------
    >>> model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 2))
    >>> seen = Sight(model)(torch.rand(4, 3, 9, 9), target="predicted")
    >>> seen.logits.shape, seen.maps.shape
    (torch.Size([4, 2]), torch.Size([4, 7, 7]))
    """

    def __init__(self, model: nn.Module, *, layer: str = "auto", salience: str = "auto") -> None:
        self._model, self._layer, self._salience = model, layer, salience
        self._extractor: Extractor | None = None

    def __call__(self, images: Tensor, *, target: Target, labels: Tensor | None = None) -> Seen:
        """Return what one forward of ``images`` gives; the first time, which extractor it takes is tried."""
        if self._extractor is None:
            self._extractor = explainer(self._model, images, layer=self._layer, salience=self._salience)
        with self._extractor as extract, twice_differentiable(extract):
            output = self._model(images)
            maps = extract.maps(target=target, labels=labels)
        return Seen(main_logits(output), maps, auxiliary_logits(output))


class CompiledSight:
    """The same for a network whose parts are compiled; hooks are outside of what is.

    An extractor runs a compiled network as plain Python, since ``torch.compile`` ignores hooks. Here everything
    around the layer explained is compiled, block by block, and the layer's output is taken between them. Found and
    checked against the extractor on the first images.

    Parameters
    ----------
    model, layer, salience
        As for :class:`Sight`; what is compiled has no Grad-CAM.
    backend
        Of ``torch.compile``.
    """

    def __init__(
        self, model: nn.Module, *, layer: str = "auto", salience: str = "auto", backend: str = "inductor"
    ) -> None:
        if salience == "grad-cam":
            raise UsageError("Grad-CAM cannot be taken from a compiled network: leave compile off")
        self._model, self._layer, self._backend = model, layer, backend
        self._place: nn.Module | None = None
        self._head: nn.Linear | nn.Conv2d | None = None

    def __call__(self, images: Tensor, *, target: Target, labels: Tensor | None = None) -> Seen:
        """Return what one forward of ``images`` gives."""
        if self._place is None or self._head is None:
            self._prepare(images[:2])
        return self._look(images, target, labels)

    def _prepare(self, images: Tensor) -> None:
        model, extract = self._model, CAM(self._model, layer=self._layer)
        modes = [(module, module.training) for module in model.modules()]
        try:
            model.eval()  # neither dropout nor running means
            wanted = extract(images)
            name = extract.layer_name
            self._place, self._head = model.get_submodule(name), linear_head(model, images, self._layer)
            with torch.no_grad():
                found = self._look(images, "predicted", None).maps if self._head is not None else wanted[:0]
        finally:
            for module, training in modes:
                module.training = training
        if found.shape != wanted.shape or not torch.allclose(found, wanted, rtol=1e-3, atol=1e-5):
            self._place = None
            raise UsageError(f"maps of the layer {name!r} cannot be taken from a compiled network: leave compile off")
        compile_around(model, name, backend=self._backend)

    def _look(self, images: Tensor, target: Target, labels: Tensor | None) -> Seen:
        place, head = self._place, self._head
        if place is None or head is None:
            raise UsageError("the network has not been looked at yet")
        kept: list[Tensor] = []

        def keep(_: nn.Module, __: Any, out: Tensor) -> None:
            kept.append(out)

        hook = place.register_forward_hook(keep)
        try:
            output = self._model(images)
        finally:
            hook.remove()
        if len(kept) != 1:
            raise ModelError(f"expected the layer explained to run once in a forward, it ran {len(kept)} times")
        logits = main_logits(output)
        explained = resolve_target(logits.detach(), target, labels)
        return Seen(logits, cam(kept[0], head.weight.flatten(1), explained), auxiliary_logits(output))


def compile_around(model: nn.Module, layer: str, *, backend: str) -> list[str]:
    """Compile, in place, every block beside the path from ``model`` to ``layer``; return the blocks' names.

    What lies on the path stays plain Python, so that a hook on the layer sees its output. Layers without parts of
    their own, a lone convolution beside the path, are not worth a graph of their own.

    >>> inner = nn.Sequential(nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU()), nn.Sequential(nn.Conv2d(2, 2, 3)))
    >>> compile_around(nn.Sequential(inner, nn.Flatten()), "0", backend="eager")
    ['0.0', '0.1']
    """
    path = [layer.rsplit(".", cut)[0] for cut in range(layer.count(".") + 1)]
    compiled = []
    for parent in ("", *reversed(path)):
        for name, child in model.get_submodule(parent).named_children():
            whole = f"{parent}.{name}" if parent else name
            if whole not in path and next(child.children(), None) is not None:
                child.compile(backend=backend)
                compiled.append(whole)
    # torch counts the variants (train, eval, batch sizes) of all blocks as one function's, and would give up early
    from torch._dynamo import config as limits

    limits.recompile_limit = max(limits.recompile_limit, 8 * len(compiled))
    return compiled


def main_logits(output: Any) -> Tensor:
    """Return the logits (N, K); those named so, where a network gives others too (Inception)."""
    return as_logits(pick_logits(output))


def auxiliary_logits(output: Any) -> tuple[tuple[float, Tensor], ...]:
    """Return what auxiliary heads gave, each with the weight of its cross-entropy; nothing in validation."""
    found = ((weight, getattr(output, name, None)) for name, weight in AUXILIARY.items())
    return tuple((weight, logits) for weight, logits in found if isinstance(logits, Tensor))
