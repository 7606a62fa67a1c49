"""The data side of a training run, for Lightning's Trainer."""

from __future__ import annotations

import os

import torch
from lightning.pytorch import LightningDataModule
from torch import Tensor

from ..data import Collection, Failure, open_data
from ..errors import DataError, UsageError
from ..preprocessing import Preprocessing
from .examples import EpochOrder, Examples, Loaded, RamBatches, load_examples

SPLITS = ("train", "val")


class DetectorData(LightningDataModule):
    """Images, labels and human maps of a collection's ``train`` and ``val`` splits, in memory.

    Images are decoded and resized once, when they are first asked for, and kept as uint8; an epoch then
    costs no decoding and no worker process. The order of an epoch is a function of (seed, epoch) alone.

    Parameters
    ----------
    data
        What :func:`saliencekit.data.open_data` takes, or its result.
    preprocessing
        Size, channels, mean and deviation of the network's input.
    batch_size
        Images a step.
    seed
        Of the order.
    max_unreadable
        The largest share of a split's images that may fail to be read, in [0, 1].

    Raises
    ------
    DataError
        On reading: nothing is labelled, a split is missing or lacks a class, too much is unreadable.

    Examples
    --------
    The batches of two epochs hold the same images in another order::

        data = DetectorData("faces/manifest.csv", Preprocessing())
        trainer.fit(DetectorModule(model, DroidLoss(), preprocessing=data.preprocessing), data)
    """

    def __init__(
        self,
        data: str | os.PathLike[str] | Collection,
        preprocessing: Preprocessing,
        *,
        batch_size: int = 20,
        seed: int = 0,
        max_unreadable: float = 0.05,
    ) -> None:
        super().__init__()
        if batch_size < 1:
            raise UsageError(f"expected `batch_size` to be at least 1, got {batch_size}")
        self.collection = data if isinstance(data, Collection) else open_data(os.fspath(data))
        self.preprocessing = preprocessing
        self.batch_size = batch_size
        self.seed = seed
        self.max_unreadable = max_unreadable
        self._loaded: dict[str, Loaded] = {}

    def for_run(self, *, batch_size: int, seed: int) -> DetectorData:
        """Return the same images for another run; what was read is shared, not read again."""
        sibling = DetectorData(
            self.collection,
            self.preprocessing,
            batch_size=batch_size,
            seed=seed,
            max_unreadable=self.max_unreadable,
        )
        sibling._loaded = self._loaded
        return sibling

    def split(self, name: str) -> Loaded:
        """Return a split, read from the files if that has not been done."""
        if name not in self._loaded:
            self._check_labels(name)
            loaded = load_examples(self.collection, self.preprocessing, split=name)
            self._check_readable(name, loaded)
            self._loaded[name] = loaded
        return self._loaded[name]

    @property
    def identities(self) -> tuple[str, ...]:
        """The images' identities, by the places that batches carry."""
        return tuple(sample.image for sample in self.collection.samples)

    @property
    def counts(self) -> dict[str, int]:
        """How many images of each split take part."""
        return {name: len(self.split(name).examples.labels) for name in SPLITS}

    @property
    def skipped(self) -> tuple[Failure, ...]:
        """What could not be read, images first, then human maps, and why."""
        splits = [self.split(name) for name in SPLITS]
        images = [failure for each in splits for failure in each.skipped]
        return (*images, *(failure for each in splits for failure in each.maps_skipped))

    def setup(self, stage: str | None = None) -> None:
        """Read both splits; Lightning calls this."""
        for name in SPLITS:
            self.split(name)

    def train_dataloader(self) -> RamBatches:
        """Return the training batches, in an order of their own every epoch."""
        examples = self.split("train").examples
        order = EpochOrder(len(examples.labels), seed=self.seed)
        return RamBatches(examples, batch_size=self.batch_size, sampler=order)

    def val_dataloader(self) -> RamBatches:
        """Return the validation batches, in one fixed order; larger ones, as no gradients are kept."""
        return RamBatches(self.split("val").examples, batch_size=4 * self.batch_size)

    def on_after_batch_transfer(self, batch: Examples, dataloader_idx: int) -> Examples:
        """Return the batch with its images as the network takes them; called on the device."""
        return batch._replace(images=normalized(batch.images, self.preprocessing))

    def _check_labels(self, split: str) -> None:
        source = self.collection.source
        if not self.collection.classes:
            raise DataError(f"{source} has no labels, so no detector can be trained on it")
        samples = [sample for sample in self.collection.samples if sample.split == split]
        if not samples:
            there = ", ".join(self.collection.splits) or "no splits at all"
            raise DataError(f"no image of {source} is in the split {split!r}: it has {there}")
        labels = {sample.label for sample in samples}
        for label, word in enumerate(self.collection.classes):
            if label not in labels:
                raise DataError(f"no image of the split {split!r} of {source} is of the class {word!r}")

    def _check_readable(self, split: str, loaded: Loaded) -> None:
        bad = len(loaded.skipped)
        listed = bad + len(loaded.examples.labels)
        if bad > self.max_unreadable * listed:
            first = loaded.skipped[0]
            raise DataError(
                f"{bad} of {listed} images of the split {split!r} of {self.collection.source} cannot be "
                f"read, the first is {first.image!r}: {first.reason}"
            )


def normalized(images: Tensor, preprocessing: Preprocessing) -> Tensor:
    """Return uint8 (N, C, H, W) images as float32 ``(x / 255 - mean) / std``, on the device they are on."""
    mean = torch.tensor(preprocessing.mean, device=images.device).view(-1, 1, 1)
    std = torch.tensor(preprocessing.std, device=images.device).view(-1, 1, 1)
    return (images.to(torch.float32) / 255 - mean) / std
