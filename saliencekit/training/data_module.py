"""The data side of a training run, for Lightning's Trainer."""

from __future__ import annotations

import os
from typing import Literal

import torch
from lightning.pytorch import LightningDataModule

from ..data import Collection, Failure, match_human_maps, open_data
from ..devices import decoding_processes
from ..errors import UsageError, one_of
from ..preprocessing import Preprocessing
from .augmentation import Augmentation
from .batches import Batches, MadeBatches
from .caching import Loaded, load_split
from .demands import check_labels, check_maps, check_readable
from .device_cache import moved
from .examples import Examples, RowFiles
from .normalizing import normalized
from .order import EpochBatches
from .settings import CACHES
from .sharing import read_together

SPLITS = ("train", "val")
OFF = Augmentation()


class DetectorData(LightningDataModule):
    """Images, labels and human maps of a collection's ``train`` and ``val`` splits.

    Every file is read once before the training, so that what is unreadable is known, counted and named from the
    start. The order of an epoch and the augmentation of an image are functions of seed, epoch and image: no cache
    and no number of workers or processes changes a batch.

    Parameters
    ----------
    data
        What :func:`saliencekit.data.open_data` takes, or its result.
    preprocessing
        Size, channels, mean and deviation of the network's input.
    batch_size
        Images a step, over all processes.
    seed
        Of order and augmentation.
    cache
        ``"ram"`` keeps the pixels as uint8 in memory that all processes of a machine share; an epoch then costs no
        decoding. ``"device"`` keeps them on the accelerator, so that it costs no copies either; batches that are
        augmented come from the shared memory all the same. ``"none"`` decodes in every epoch.
    workers
        Processes that decode and augment; -1 chooses.
    augmentation
        Of the training images.
    max_unreadable
        The largest share of a split's images that may fail to be read, in [0, 1].
    human_maps
        Folder of human maps, see :func:`saliencekit.data.match_human_maps`.
    allow_outside
        Take a table's paths that lead out of its folder as well.

    Attributes
    ----------
    needed_by
        The word of a loss that learns from human maps: :meth:`setup` then refuses data without any.

    Raises
    ------
    UsageError
        A number is out of range, or the cache unknown.
    DataError
        On reading: nothing is labelled, a split is missing or lacks a class, too much is unreadable.
    EnvironmentFault
        On reading: the images do not fit into memory.

    Examples
    --------
    The batches of two epochs hold the same images in another order::

        data = DetectorData("faces/manifest.csv", Preprocessing())
        trainer.fit(DetectorModule(model, DroidLoss(), recipe=Recipe()), data)
    """

    def __init__(
        self,
        data: str | os.PathLike[str] | Collection,
        preprocessing: Preprocessing,
        *,
        batch_size: int = 20,
        seed: int = 0,
        cache: Literal["none", "ram", "device"] = "ram",
        workers: int = -1,
        augmentation: Augmentation = OFF,
        max_unreadable: float = 0.05,
        human_maps: str | os.PathLike[str] | None = None,
        allow_outside: bool = False,
    ) -> None:
        super().__init__()
        if batch_size < 1:
            raise UsageError(f"expected `batch_size` to be at least 1, got {batch_size}")
        one_of(cache, CACHES, "cache")
        if augmentation.jpeg < 100 and preprocessing.channels == 4:
            raise UsageError("JPEG takes images of 1 or 3 channels, and the network takes 4: leave `jpeg` at 100")
        opened = data if isinstance(data, Collection) else open_data(data, allow_outside=allow_outside)
        self.collection = opened if human_maps is None else match_human_maps(opened, human_maps).collection
        self.preprocessing = preprocessing
        self.batch_size = batch_size
        self.seed = seed
        self.cache = cache
        self.workers = workers
        self.augmentation = augmentation
        self.max_unreadable = max_unreadable
        self.needed_by: str | None = None
        self._files: dict[str, RowFiles] = {}
        self._loaded: dict[str, Loaded] = {}
        self._on_device: dict[tuple[str, torch.device], Examples] = {}
        self._opened: list[Batches] = []

    def for_run(self, *, batch_size: int, seed: int, augmentation: Augmentation = OFF) -> DetectorData:
        """Return the same images for another run; what was read is shared, not read again."""
        sibling = DetectorData(
            self.collection,
            self.preprocessing,
            batch_size=batch_size,
            seed=seed,
            cache=self.cache,
            workers=self.workers,
            augmentation=augmentation,
            max_unreadable=self.max_unreadable,
        )
        sibling._files, sibling._loaded, sibling._on_device = self._files, self._loaded, self._on_device
        return sibling

    def split(self, name: str) -> Loaded:
        """Return a split, read from the files if that has not been done."""
        if name not in self._loaded:
            files = self._rows(name)
            self._keep(name, load_split(files, keep=self.cache != "none", workers=self.workers))
        return self._loaded[name]

    @property
    def identities(self) -> tuple[str, ...]:
        """The images' identities, by the places that batches carry."""
        return tuple(sample.image for sample in self.collection.samples)

    @property
    def counts(self) -> dict[str, int]:
        """How many images of each split take part."""
        return {name: len(self.split(name)) for name in SPLITS}

    @property
    def skipped(self) -> tuple[Failure, ...]:
        """What could not be read, images first, then human maps, and why."""
        splits = [self.split(name) for name in SPLITS]
        images = [failure for each in splits for failure in each.skipped]
        return (*images, *(failure for each in splits for failure in each.maps_skipped))

    def setup(self, stage: str | None = None) -> None:
        """Read both splits; Lightning calls this in every process, of which one a machine reads for all."""
        if self.trainer is None or self.trainer.world_size == 1:
            for name in SPLITS:
                self.split(name)
        elif not all(name in self._loaded for name in SPLITS):
            files = {name: self._rows(name) for name in SPLITS}
            read_together(files, self.trainer, keep=self.cache != "none", workers=self.workers, accept=self._keep)
        check_maps(self.collection, self.split("train"), needed_by=self.needed_by)

    def train_dataloader(self) -> Batches:
        """Return the training batches, in an order of their own every epoch."""
        fixed = self.trainer is not None and bool(getattr(self.trainer, "overfit_batches", 0))
        order = self._order("train", self.batch_size, None if fixed else self.seed)
        return self._batches("train", order, self.augmentation)

    def val_dataloader(self) -> Batches:
        """Return the validation batches, in one fixed order; larger ones, as no gradients are kept."""
        return self._batches("val", self._order("val", 4 * self.batch_size, None), OFF)

    def teardown(self, stage: str) -> None:
        """End the worker processes; Lightning calls this when a run is over."""
        for batches in self._opened:
            batches.close()
        self._opened.clear()

    def on_after_batch_transfer(self, batch: Examples, dataloader_idx: int) -> Examples:
        """Return the batch with its images as the network takes them; called on the device."""
        return batch._replace(images=normalized(batch.images, self.preprocessing))

    def _order(self, split: str, batch_size: int, seed: int | None) -> EpochBatches:
        rank, world = (0, 1) if self.trainer is None else (self.trainer.global_rank, self.trainer.world_size)
        return EpochBatches(len(self.split(split)), batch_size=batch_size, seed=seed, rank=rank, world=world)

    def _batches(self, split: str, order: EpochBatches, augmentation: Augmentation) -> Batches:
        loaded = self.split(split)
        device = torch.device("cpu") if self.trainer is None else self.trainer.strategy.root_device
        pin = device.type == "cuda"
        if loaded.kept is None or augmentation.active:
            made = MadeBatches(self._rows(split), loaded, augmentation, seed=self.seed)
            batches = Batches(made, order, workers=decoding_processes(self.workers, len(loaded)), pin=pin)
            self._opened.append(batches)
            return batches
        if self.cache == "device" and device.type != "cpu":
            return Batches(self._moved(split, device), order)
        return Batches(loaded.kept, order, pin=pin)

    def _moved(self, split: str, device: torch.device) -> Examples:
        if (split, device) not in self._on_device:
            self._on_device[split, device] = moved(self.split(split), split, device)
        return self._on_device[split, device]

    def _rows(self, split: str) -> RowFiles:
        if split not in self._files:
            check_labels(self.collection, split)
            self._files[split] = RowFiles(self.collection, self.preprocessing, split=split)
        return self._files[split]

    def _keep(self, split: str, loaded: Loaded) -> None:
        check_readable(self.collection, split, loaded, max_unreadable=self.max_unreadable)
        self._loaded[split] = loaded
