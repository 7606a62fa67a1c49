"""What a measure is given and what it gives: the clean batch, views of it, what the network shows of them, rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import torch
from torch import Tensor

from ..functional import as_unit_range, class_probability, is_degenerate, quantize, resize_maps, salience_rank
from ..functional.logits import Target
from ..functional.random import Draw

Condition = Mapping[str, str | float]
Cell = str | float | None


class Extract(Protocol):
    """What a measure needs of an extractor: maps of images, and the logits and classes of that same pass."""

    @property
    def logits(self) -> Tensor: ...
    @property
    def target(self) -> Tensor: ...

    def __call__(self, images: Tensor, target: Target = "predicted", labels: Tensor | None = None) -> Tensor: ...


@dataclass(frozen=True)
class Clean:
    """A batch as it is, before any view: what every measure starts from.

    Parameters
    ----------
    images
        ``(N, C, H, W)``, float, values between ``low`` and ``high``.
    maps
        ``(N, h, w)``, raw salience of the audited model.
    logits
        ``(N, K)``.
    target
        ``(N,)``, the class explained; the same class is explained on every view.
    draw
        Randomness of each image, a function of (seed, image) alone.
    other
        ``(N, h, w)``, a map of *another* image for each: the null of every comparison of maps.
        Empty ``(0, h, w)`` when there is no other image.
    runs
        ``(R, N, h, w)``, maps of every run, the audited model first; ``run_names`` names them.
    other_runs
        ``(R, N, h, w)``, each run's map of that other image; empty like ``other``.
    low, high
        Range of the image values: what pepper and salt are.
    finite
        Whether all logits of every run are, ``(N,)``; None where it was not asked.
    """

    images: Tensor
    maps: Tensor
    logits: Tensor
    target: Tensor
    draw: Draw
    other: Tensor
    runs: Tensor
    other_runs: Tensor
    run_names: tuple[str, ...] = ("model",)
    low: float = 0.0
    high: float = 1.0
    finite: Tensor | None = None

    @cached_property
    def score(self) -> Tensor:
        """Probability of the class explained, ``(N,)``."""
        return class_probability(self.logits, self.target)

    @cached_property
    def large(self) -> Tensor:
        """The maps at image size in [0, 1], ``(N, H, W)``."""
        return self.enlarge(self.maps)

    @cached_property
    def other_large(self) -> Tensor:
        """The other images' maps at image size in [0, 1]."""
        return self.enlarge(self.other)

    @cached_property
    def rank(self) -> Tensor:
        """Rank of each pixel by salience, 0 the most salient, ``(N, H, W)``."""
        return salience_rank(self.maps, self.size)

    @cached_property
    def guide(self) -> Tensor:
        """The maps as grey values 0..255 at image size (bicubic), as the guided blur takes them."""
        grey = quantize(self.maps).to(self.images.dtype)
        return resize_maps(grey, self.size, mode="bicubic").round().clamp(0, 255)

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the images."""
        return self.images.shape[-2], self.images.shape[-1]

    def enlarge(self, maps: Tensor, size: tuple[int, int] | None = None) -> Tensor:
        """Return the maps in [0, 1] at image size (or at ``size``)."""
        return resize_maps(as_unit_range(maps), size or self.size)


@dataclass(frozen=True)
class View:
    """A changed copy of each image of a batch. Views of equal name are the same and are computed once.

    Parameters
    ----------
    name
        Unique over all measures.
    make
        From the clean batch to images ``(N, C, H', W')``; never writes into what it is given.
    """

    name: str
    make: Callable[[Clean], Tensor] = field(compare=False)


@dataclass(frozen=True)
class Seen:
    """What the network shows of a view.

    Parameters
    ----------
    maps
        Raw, ``(N, h', w')``.
    score
        Probability of the clean target, ``(N,)``.
    finite
        Whether all logits are, ``(N,)``; None where it was not asked.
    """

    maps: Tensor
    score: Tensor
    finite: Tensor | None = None

    @cached_property
    def degenerate(self) -> Tensor:
        """Which maps have no range, ``(N,)`` bool."""
        return is_degenerate(self.maps)


@dataclass(frozen=True)
class Rows:
    """Rows of a batch: for each of V conditions and N images one value a column.

    Parameters
    ----------
    conditions
        V mappings from condition column to its value (``{"transform": "flip-lr"}``).
    values
        Column name to a tensor ``(V, N)``.
    words
        Of columns that are words: what each whole number from 0 stands for; a negative one stands for none.
    """

    conditions: Sequence[Condition]
    values: Mapping[str, Tensor]
    words: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def columns(self) -> dict[str, list[Cell] | Tensor]:
        """Return flat columns, image by image and condition by condition within it, on the CPU."""
        count = len(self.conditions)
        images = next(iter(self.values.values())).shape[1]
        flat: dict[str, list[Cell] | Tensor] = {"index": torch.arange(images).repeat_interleave(count)}
        for name in self.conditions[0]:
            told: list[Cell] = [condition[name] for condition in self.conditions]
            flat[name] = told * images
        for name, value in self.values.items():
            numbers = value.detach().T.reshape(-1).cpu()
            known = self.words.get(name)
            flat[name] = numbers if known is None else [None if each < 0 else known[each] for each in numbers.tolist()]
        return flat
