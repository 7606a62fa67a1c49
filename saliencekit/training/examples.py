"""Rows of a split: what a batch holds, and how an image and its human map are read from their files."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor

from ..data import Collection, Failure
from ..data.decode import as_network_takes, decoded
from ..data.human_maps import decode_human_map
from ..data.packing import PackedTexts
from ..errors import DataError
from ..preprocessing import Preprocessing

if TYPE_CHECKING:
    from PIL import Image


class Examples(NamedTuple):
    """A batch, or a whole split.

    Parameters
    ----------
    images
        (N, C, H, W), uint8 as read, or float as the network takes them.
    labels
        (N,), int64.
    human_maps
        (N, H, W), uint8; (N, 1, 1) where no image of the split has one.
    has_map
        (N,), bool: which rows of ``human_maps`` mean something.
    places
        (N,), int64: places in ``collection.samples``.
    """

    images: Tensor
    labels: Tensor
    human_maps: Tensor
    has_map: Tensor
    places: Tensor

    def at(self, index: Tensor, *, pin: bool = False) -> Examples:
        """Return the rows at ``index``; with ``pin`` in page-locked memory, from which a GPU copies by itself."""
        if not pin:
            return Examples(*(each.index_select(0, index) for each in self))
        shapes = [(len(index), *each.shape[1:]) for each in self]
        rows = [torch.empty(shape, dtype=each.dtype, pin_memory=True) for shape, each in zip(shapes, self, strict=True)]
        for source, row in zip(self, rows, strict=True):
            torch.index_select(source, 0, index, out=row)
        return Examples(*rows)

    def to(self, device: torch.device) -> Examples:
        """Return the rows on a device."""
        return Examples(*(each.to(device) for each in self))


@dataclass(frozen=True)
class Row:
    """What reading one row gave: its pixels or why there are none, its human map or why there is none.

    Parameters
    ----------
    pixels
        (C, H, W), uint8.
    human_map
        (H, W), uint8; None also where none is listed.
    """

    pixels: Tensor | None = None
    failure: str | None = None
    human_map: Tensor | None = None
    map_failure: str | None = None


class RowFiles:
    """The labelled rows of a split and their files; small to send to a worker, and a few bytes a row.

    Parameters
    ----------
    collection
        What was opened.
    preprocessing
        Channels, size and interpolation of the network's input.
    split
        Which rows.
    """

    def __init__(self, collection: Collection, preprocessing: Preprocessing, *, split: str) -> None:
        samples = collection.samples
        places = [at for at, each in enumerate(samples) if each.split == split and each.label is not None]
        self.split = split
        self.preprocessing = preprocessing
        self.places = torch.tensor(places, dtype=torch.int64)
        self.labels = torch.tensor([samples[at].label for at in places], dtype=torch.int64)
        self.lists_maps = any(samples[at].human_map is not None for at in places)
        self._images = PackedTexts(samples[at].path for at in places)
        self._maps = PackedTexts(samples[at].human_map for at in places)
        self._identities = PackedTexts(samples[at].image for at in places)

    def __len__(self) -> int:
        return len(self.places)

    @property
    def shapes(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Of all rows' images, (N, C, H, W), and human maps, (N, H, W); (N, 1, 1) where none is listed."""
        count, size = len(self), self.preprocessing.size
        return (count, self.preprocessing.channels, *size), (count, *(size if self.lists_maps else (1, 1)))

    @property
    def size(self) -> int:
        """Bytes of all rows' pixels."""
        return sum(math.prod(shape) for shape in self.shapes)

    def identity(self, row: int) -> str:
        """Return the name of a row's image."""
        return self._identities[row]

    def read(self, row: int, *, with_map: bool = True) -> Row:
        """Read a row. Nothing is raised for a bad file.

        A human map that cannot be read, is all one value (which says nothing) or has another aspect than its image
        counts as missing.
        """
        try:
            pixels, size = decoded(self._images[row], self._pixels_and_size)
        except DataError as error:
            return Row(failure=str(error))
        path = self._maps[row] if with_map else ""
        if not path:
            return Row(pixels)
        try:
            return Row(pixels, human_map=decode_human_map(path, self.preprocessing, image_size=size))
        except DataError as error:
            return Row(pixels, map_failure=f"its human map {path} is not used: {error}")

    def skipped(self, reasons: dict[int, str]) -> tuple[Failure, ...]:
        """Return the reasons by row as failures of named images, in the order of the rows."""
        return tuple(Failure(self.identity(row), reasons[row]) for row in sorted(reasons))

    def _pixels_and_size(self, image: Image.Image) -> tuple[Tensor, tuple[int, int]]:
        return as_network_takes(image, self.preprocessing), (image.height, image.width)
