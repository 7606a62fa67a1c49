"""Attributions by captum's own code, of a copy of the network that is made ready for it."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from ...errors import ModelError
from .guards import as_captum_is, check_conserved
from .methods import METHODS, arguments, build
from .scored import Scored
from .tiled import tile_poolings
from .turns import Turns, hide_passages


def attribute(
    method: str,
    scored: Scored,
    images: Tensor,
    target: Tensor,
    *,
    layer: str | None,
    settings: Mapping[str, object],
    seed: int,
) -> Tensor:
    """Return captum's attributions of ``images`` (N, C, H, W) to the classes ``target`` (N,), of the same shape.

    Parameters
    ----------
    method
        captum's name for it.
    scored
        The copy, which is rewritten where the method needs it.
    layer
        Its name in the network, for the methods that take one.
    settings
        Of captum's method, by captum's names.
    seed
        Of methods that draw numbers: the same for every image, one image at a time.

    Raises
    ------
    ModelError
        If captum cannot explain the network in this way.
    """
    known = METHODS[method]
    if known.rewritten:
        scored.separate(images)
    if known.tiled:
        tile_poolings(scored)
    if known.conserves:
        hide_passages(scored)
    attribution = build(method, scored, _module(scored, layer), settings)
    chunks = len(images) if known.random else 1
    found = []
    for some, classes in zip(images.chunk(chunks), target.chunk(chunks), strict=True):
        given = some.detach().clone().requires_grad_()
        with torch.enable_grad(), as_captum_is(method, images.device, seed):
            values = attribution.attribute(given, target=classes, **arguments(method, some, settings))
        if values.shape != some.shape:
            raise ModelError(f"captum's {method} cannot bring layer {layer!r} to the size of the images")
        found.append(values.detach())
    attributions = torch.cat(found)
    if known.conserves:
        check_conserved(method, attributions, scored, images)
    return attributions


def _module(scored: Scored, layer: str | None) -> nn.Module | None:
    module = None if layer is None else scored.network.get_submodule(layer)
    if isinstance(module, Turns):
        raise ModelError(f"layer {layer!r} is used {len(module.each)} times in a forward: choose one used once")
    return module
