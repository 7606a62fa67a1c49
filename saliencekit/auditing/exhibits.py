"""The images of the gallery, looked at once more: as the network saw them, with their maps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ..devices import in_halves
from ..functional import as_unit_range
from .engine import Engine
from .gallery import Shown, choose, write_gallery
from .plan import Plan

if TYPE_CHECKING:
    import pandas as pd


def show_some(plan: Plan, engine: Engine, records: pd.DataFrame) -> None:
    """Write the gallery of an audit out of the entropy records."""
    alone = replace(engine, others=None)

    @torch.inference_mode()
    def look(index: Sequence[int]) -> Shown:
        decoded = {each: plan.inside.dataset[each].pixels for each in index}
        pixels = {each: found for each, found in decoded.items() if found is not None}  # the others are gone by now
        if not pixels:
            return {}
        shown = _shown(plan, alone, list(pixels), torch.stack(list(pixels.values())))
        return dict(zip(pixels, shown, strict=True))

    write_gallery(plan.folder / "gallery", choose(records, plan.settings.gallery), look)


def _shown(plan: Plan, engine: Engine, numbers: list[int], pixels: Tensor) -> list[tuple[Tensor, Tensor]]:
    def look(some: slice) -> list[tuple[Tensor, Tensor]]:
        names = [plan.inside.images[each] for each in numbers[some]]
        clean = engine.look(pixels[some], names, plan.inside.label_tensor(numbers[some]))
        images = clean.images
        if plan.inside.as_network_takes:  # of unknown scale: shown with its own darkest and lightest
            images = as_unit_range(images.flatten(1, 2)).reshape(images.shape)
        return list(zip(images.cpu(), clean.maps.float().cpu(), strict=True))

    return in_halves(look, slice(0, len(numbers)), list.__add__)
