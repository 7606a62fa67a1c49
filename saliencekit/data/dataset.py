"""Images for a DataLoader: decoded in its workers, with failures as values instead of exceptions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.utils.data import Dataset

from ..errors import DataError
from .decode import decode
from .packing import PackedTexts

if TYPE_CHECKING:
    from ..preprocessing import Preprocessing
    from .samples import Collection


@dataclass(frozen=True)
class Decoded:
    """One item: its place in the collection, and either its pixels or why there are none.

    Parameters
    ----------
    index
        Place in ``collection.samples``.
    pixels
        (C, H, W), uint8, or None.
    failure
        The reason in words, or None.
    """

    index: int
    pixels: Tensor | None
    failure: str | None = None


@dataclass(frozen=True)
class ImageBatch:
    """The items of a batch that could be read, and those that could not.

    Parameters
    ----------
    index
        (n,), int64: places in ``collection.samples``.
    pixels
        (n, C, H, W), uint8; (0, 0, 0, 0) where nothing could be read.
    failures
        (place, reason) of each item that could not.
    """

    index: Tensor
    pixels: Tensor
    failures: tuple[tuple[int, str], ...] = ()

    def __len__(self) -> int:
        return int(self.index.numel())

    def pin_memory(self) -> ImageBatch:
        """Return the batch in page-locked memory; a DataLoader with ``pin_memory=True`` calls this."""
        return replace(self, index=self.index.pin_memory(), pixels=self.pixels.pin_memory())


class ImageDataset(Dataset[Decoded]):
    """The images of a collection, decoded to the size and channels that a network takes.

    An item never raises for a bad file. Only the paths are kept, packed in one block, so that the object is
    small to send to a worker and forked workers share its memory.

    Parameters
    ----------
    collection
        What :func:`saliencekit.data.open_data` returned.
    preprocessing
        Channels, size and interpolation.
    """

    def __init__(self, collection: Collection, preprocessing: Preprocessing) -> None:
        self.preprocessing = preprocessing
        self._paths = PackedTexts(sample.path for sample in collection.samples)

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, index: int) -> Decoded:
        path = self._paths[index]
        try:
            return Decoded(index, decode(path, self.preprocessing))
        except DataError as error:
            return Decoded(index, None, str(error))

    def path(self, index: int) -> str:
        """Return the path of an item."""
        return self._paths[index]


def collate(items: Sequence[Decoded]) -> ImageBatch:
    """Stack the items that have pixels, and list the failures of the others.

    >>> batch = collate([Decoded(4, torch.ones(3, 2, 2).byte()), Decoded(7, None, "it is empty")])
    >>> batch.index, batch.pixels.shape, batch.failures
    (tensor([4]), torch.Size([1, 3, 2, 2]), ((7, 'it is empty'),))
    """
    good = [(item.index, item.pixels) for item in items if item.pixels is not None]
    failures = tuple((item.index, item.failure or "unknown") for item in items if item.pixels is None)
    index = torch.tensor([place for place, _ in good], dtype=torch.int64)
    empty = torch.empty((0, 0, 0, 0), dtype=torch.uint8)
    return ImageBatch(index, torch.stack([pixels for _, pixels in good]) if good else empty, failures)
