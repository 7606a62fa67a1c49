"""A batch of images in, rows of every measure out; everything between stays on the device."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor

from ..devices import arithmetic, in_halves
from ..errors import InputError
from ..extractors.making import MakesMaps
from ..functional.random import Draw
from ..measures import Clean, Measure, OutOfSet, View
from ..measures.look import look_clean, look_views
from ..models.foreign import network_at_fault
from .found import Found, found_of, joined
from .others import Others
from .subjects import Normalise


@dataclass(frozen=True)
class Engine:
    """Runs batches through the audited model and its sister runs, and asks the measures for rows.

    Parameters
    ----------
    extractors
        One a run, the audited model first.
    run_names
        One a run.
    measures
        Those that apply.
    device
        Where everything happens.
    normalise
        From [0, 1] images to what the network takes; None for data that come as the network takes them.
    target
        ``"predicted"``, ``"label"`` or a class number.
    seed
        Of every draw.
    precision
        ``"32"``, ``"bf16-mixed"`` or ``"16-mixed"``.
    others
        Maps of other images; None while those are being made.
    value_range
        What pepper and salt are, in the values of the images before ``normalise``.
    """

    extractors: tuple[MakesMaps, ...]
    run_names: tuple[str, ...]
    measures: tuple[Measure, ...]
    device: torch.device
    normalise: Normalise | None
    target: Literal["predicted", "label"] | int
    seed: int
    precision: str = "32"
    others: Others | None = None
    value_range: tuple[float, float] = (0.0, 1.0)

    @property
    def views(self) -> tuple[View, ...]:
        """Every view that any measure asks for, once."""
        return tuple({view.name: view for measure in self.measures for view in measure.views}.values())

    @property
    def forwards(self) -> int:
        """How many forward passes an image takes."""
        return len(self.extractors) + len(self.views)

    def measure(self, pixels: Tensor, images: Sequence[str], labels: Tensor | None) -> Found:
        """Return what a batch gives; when the device runs out of memory the batch is halved and goes on."""
        return in_halves(
            lambda some: self._measure(pixels[some], images[some], None if labels is None else labels[some]),
            slice(0, len(images)),
            joined,
        )

    def measure_set(self, measure: OutOfSet, name: str, pixels: Tensor, images: Sequence[str]) -> Found:
        """Return the rows of a batch of another set, of which only the audited model's clean maps are taken."""
        alone = replace(self, extractors=self.extractors[:1], run_names=self.run_names[:1], others=None)

        def rows(some: slice) -> Found:
            clean = alone.look(pixels[some], images[some], None)
            if self.others is not None and clean.maps.shape[-2:] != self.others.maps.shape[-2:]:
                raise InputError(
                    f"expected maps of {name} of the size of the audited ones, {tuple(self.others.maps.shape[-2:])}, "
                    f"got {tuple(clean.maps.shape[-2:])}: entropies of other grids cannot be compared"
                )
            return found_of(clean, {measure.name: measure.set_rows(name, clean)})

        return in_halves(rows, slice(0, len(images)), joined)

    def look(self, pixels: Tensor, images: Sequence[str], labels: Tensor | None) -> Clean:
        """Return the clean side of a batch."""
        batch = self.to_device(pixels)
        draw = Draw.of(self.seed, images, "audit", self.device)
        low, high = self.value_range
        with network_at_fault(batch.shape[1:]), arithmetic(self.device, self.precision):
            return look_clean(
                self.extractors,
                batch,
                draw=draw,
                target=self.target if labels is not None or self.target != "label" else "predicted",
                labels=None if labels is None else labels.to(self.device, non_blocking=True),
                low=low,
                high=high,
                run_names=self.run_names,
                prepare=self._normalised,
                other=self._other(draw, images),
            )

    def ready(self, pixels: Tensor) -> Tensor:
        """Return images as the network takes them, on the device."""
        return self._normalised(self.to_device(pixels))

    def _measure(self, pixels: Tensor, images: Sequence[str], labels: Tensor | None) -> Found:
        clean = self.look(pixels, images, labels)
        with network_at_fault(pixels.shape[1:]), arithmetic(self.device, self.precision):
            seen = look_views(self.extractors[0], clean, self.views, prepare=self._normalised)
        found = found_of(clean, {measure.name: measure.rows(clean, seen) for measure in self.measures})
        views = [each.finite for each in seen.values() if each.finite is not None]
        return replace(found, finite=torch.stack([found.finite, *views]).all(0))

    def _other(self, draw: Draw, images: Sequence[str]) -> Callable[[Tensor], Tensor]:
        others = self.others
        return lambda runs: runs[:, :0] if others is None else others.of(draw, images)

    def _normalised(self, images: Tensor) -> Tensor:
        return self.normalise(images) if self.normalise else images

    def to_device(self, pixels: Tensor) -> Tensor:
        if self.device.type == "cuda" and pixels.device.type == "cpu":
            pixels = pixels.pin_memory()
        batch = pixels.to(self.device, non_blocking=True)
        return batch.float() / 255 if batch.dtype == torch.uint8 else batch.float()
