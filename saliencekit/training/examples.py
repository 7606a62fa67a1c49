"""Training images in memory: read once, kept in 8 bits, batches taken by index."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from torch import Tensor
from torch.utils.data import Sampler, SequentialSampler

from ..data import Collection, Failure, ImageDataset, Sample, load_image
from ..errors import DataError
from ..preprocessing import Preprocessing
from .seeds import epoch_order


class Examples(NamedTuple):
    """A batch, or a whole split.

    Parameters
    ----------
    images
        (N, C, H, W), uint8 as read, or float as the network takes them.
    labels
        (N,), int64.
    human_maps
        (N, H, W), uint8; (N, 1, 1) where no image has one.
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

    def at(self, index: Tensor) -> Examples:
        """Return the rows at ``index``."""
        return Examples(*(each[index] for each in self))


@dataclass(frozen=True)
class Loaded:
    """A split in memory, and what of it could not be read."""

    examples: Examples
    skipped: tuple[Failure, ...]
    maps_skipped: tuple[Failure, ...]


def load_examples(collection: Collection, preprocessing: Preprocessing, *, split: str) -> Loaded:
    """Read a split's images and human maps to the network's size; both are resized and cropped alike.

    An image that cannot be read is left out, a human map that cannot be read or is all one value (which
    says nothing) counts as missing; both are named in the result.
    """
    skipped: list[Failure] = []
    maps_skipped: list[Failure] = []
    rows: list[tuple[int, int, Tensor, Tensor | None]] = []
    dataset = ImageDataset(collection, preprocessing)
    for place, sample in enumerate(collection.samples):
        if sample.split != split or sample.label is None:
            continue
        decoded = dataset[place]
        if decoded.pixels is None:
            skipped.append(Failure(sample.image, decoded.failure or "it cannot be read"))
        else:
            human_map = _human_map(sample, preprocessing, maps_skipped)
            rows.append((place, sample.label, decoded.pixels, human_map))
    return Loaded(_stacked(rows, preprocessing), tuple(skipped), tuple(maps_skipped))


class EpochOrder(Sampler[int]):
    """The order in which an epoch sees a split: a function of (seed, epoch) alone.

    >>> order = EpochOrder(4, seed=0)
    >>> order.set_epoch(2)
    >>> list(order) == list(order), sorted(order)
    (True, [0, 1, 2, 3])
    """

    def __init__(self, count: int, *, seed: int) -> None:
        self.count = count
        self.seed = seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Say which epoch comes next; Lightning does."""
        self.epoch = epoch

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[int]:
        return iter(epoch_order(self.count, seed=self.seed, epoch=self.epoch).tolist())


class RamBatches:
    """Batches of examples that lie in memory; a data loader without workers, for Lightning or a plain loop.

    Parameters
    ----------
    examples
        A whole split.
    batch_size
        Rows a batch; the last one may have fewer.
    sampler
        Gives the order; ``None`` is that of the examples.
    """

    batch_sampler = None  # what Lightning looks for on a loader, beside `sampler`

    def __init__(self, examples: Examples, *, batch_size: int, sampler: Sampler[int] | None = None) -> None:
        self.examples = examples
        self.batch_size = batch_size
        self.sampler = sampler if sampler is not None else SequentialSampler(range(len(examples.labels)))

    def __len__(self) -> int:
        return math.ceil(len(self.examples.labels) / self.batch_size)

    def __iter__(self) -> Iterator[Examples]:
        order = torch.tensor(list(self.sampler), dtype=torch.int64)
        for index in torch.split(order, self.batch_size):
            yield self.examples.at(index)


def _human_map(sample: Sample, preprocessing: Preprocessing, skipped: list[Failure]) -> Tensor | None:
    if sample.human_map is None:
        return None
    grey = replace(preprocessing, channels=1, mean=(0.0,), std=(1.0,))
    try:
        human_map = load_image(sample.human_map, grey)[0]
    except DataError as error:
        skipped.append(Failure(sample.image, str(error)))
        return None
    if bool(human_map.min() == human_map.max()):
        skipped.append(Failure(sample.image, f"the human map {sample.human_map} is all one value"))
        return None
    return human_map


def _stacked(rows: list[tuple[int, int, Tensor, Tensor | None]], preprocessing: Preprocessing) -> Examples:
    places, labels, images, human_maps = zip(*rows, strict=True) if rows else ((), (), (), ())
    has_map = torch.tensor([each is not None for each in human_maps], dtype=torch.bool)
    size = preprocessing.size if bool(has_map.any()) else (1, 1)
    blank = torch.zeros(size, dtype=torch.uint8)
    return Examples(
        torch.stack(images) if rows else torch.zeros(0, preprocessing.channels, *preprocessing.size),
        torch.tensor(labels, dtype=torch.int64),
        torch.stack([blank if each is None else each for each in human_maps]) if rows else blank[None][:0],
        has_map,
        torch.tensor(places, dtype=torch.int64),
    )
