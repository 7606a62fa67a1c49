"""Do the maps follow geometric transforms of the image?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import torch
from torch import Tensor

from ..functional import apply_transform, invert_transform, pearson, ssim
from ..functional.geometry import TRANSFORMS, Transform
from .base import Direction, Measure, Quantity
from .views import Clean, Rows, Seen, View


@dataclass(frozen=True)
class Equivariance(Measure):
    """Agreement of each map with the map of the transformed image brought back upright.

    Both maps are scaled to [0, 1] and brought to image size before the comparison; pixels that left the
    frame are left out of it.

    Parameters
    ----------
    transforms
        The 12 of the paper by default; any angle or shift can be added.

    References
    ----------
    [crum2023explain]_
    """

    transforms: tuple[Transform, ...] = TRANSFORMS

    name: ClassVar[str] = "equivariance"
    question: ClassVar[str] = "Do the maps follow flips, rotations and shifts of the image?"
    unit: ClassVar[str] = "SSIM"
    value_range: ClassVar[str] = "-1 to 1 (the map moves exactly with the image)"
    direction: ClassVar[Direction] = "higher"
    null_is: ClassVar[str] = "the upright map against the map of another image"
    reading: ClassVar[str] = (
        "1 means that the salience moves exactly with the image. Near the null value the map of the "
        "transformed image resembles the original no more than any other image's map does."
    )
    headline: ClassVar[Quantity] = Quantity("ssim", "SSIM", "ssim_null")
    also: ClassVar[Mapping[str, Quantity]] = {
        "pearson": Quantity("pearson", "correlation"),
        "score_change": Quantity("score_change", "probability"),
    }
    factor: ClassVar[str] = "transform"
    factor_columns: ClassVar[tuple[str, ...]] = ("transform",)
    factor_value: ClassVar[str] = "ssim"

    @property
    def views(self) -> tuple[View, ...]:
        """One view a transform."""
        return tuple(View(each.name, partial(_transformed, each)) for each in self.transforms)

    def rows(self, clean: Clean, seen: Mapping[str, Seen]) -> Rows:
        """Return a row per image and transform."""
        columns: dict[str, list[Tensor]] = {}
        for transform in self.transforms:
            there = seen[transform.name]
            for name, value in _compare(clean, there, transform).items():
                columns.setdefault(name, []).append(value)
        return Rows(
            conditions=[{"transform": each.name} for each in self.transforms],
            values={name: torch.stack(values) for name, values in columns.items()},
        )


def _transformed(transform: Transform, clean: Clean) -> Tensor:
    return apply_transform(clean.images, transform)


def _compare(clean: Clean, there: Seen, transform: Transform) -> dict[str, Tensor]:
    quarter = transform.kind == "rotate" and transform.amount[0] % 180 == 90
    size = clean.size[::-1] if quarter else clean.size
    upright, mask = invert_transform(clean.enlarge(there.maps, size), transform)
    against = torch.stack([clean.large, clean.other_large]) if len(clean.other) else clean.large[None]
    likeness = ssim(upright, against, mask=mask)  # one call: the moments of the upright map are taken once
    columns = {
        "ssim": likeness[0],
        "pearson": pearson(upright, clean.large, mask=mask),
        "score": there.score,
        "score_change": there.score - clean.score,
        "degenerate": there.degenerate,
    }
    return {**columns, "ssim_null": likeness[1]} if len(clean.other) else columns
