"""Batches in the order of an epoch, from memory, from a device, or from files by worker processes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from ..data import Failure
from ..data.parallel import ended_at_exit, told_when_killed, worker_loader
from ..errors import DataError
from .augmentation import Augmentation, augment
from .caching import Loaded
from .examples import Examples, RowFiles
from .order import EpochBatches
from .seeds import derived_seed


class Ticket(NamedTuple):
    """What a worker is asked for: a batch's places in the split, and the epoch, on which augmentation depends."""

    epoch: int
    places: tuple[int, ...]


class Tickets:
    """The batches of the epoch that comes next, as tickets."""

    def __init__(self, order: EpochBatches) -> None:
        self.order = order

    def __len__(self) -> int:
        return len(self.order)

    def __iter__(self) -> Iterator[Ticket]:
        for places in self.order:
            yield Ticket(self.order.epoch, tuple(places.tolist()))


class MadeBatches:
    """Batches that are made image by image: read from files or memory, and augmented.

    Parameters
    ----------
    files
        The split's rows.
    loaded
        Which of them take part, and their pixels if these are kept.
    augmentation
        Of each image, from (``seed``, epoch, identity).
    seed
        Of the run.
    """

    def __init__(self, files: RowFiles, loaded: Loaded, augmentation: Augmentation, *, seed: int) -> None:
        self.files = files
        self.loaded = loaded
        self.augmentation = augmentation
        self.seed = seed
        self._blank = torch.zeros(files.preprocessing.size if loaded.has_map.any() else (1, 1), dtype=torch.uint8)

    def __getitem__(self, ticket: Ticket) -> Examples | Failure:
        """Return the batch, or the image of it that can no longer be read."""
        images, human_maps = [], []
        for place in ticket.places:
            row = int(self.loaded.rows[place])
            found = self._row(place, row)
            if isinstance(found, Failure):
                return found
            seed = derived_seed(self.seed, "augment", ticket.epoch, self.files.identity(row))
            image, human_map = augment(*found, self.augmentation, seed=seed)
            if human_map is not None and bool(human_map.min() == human_map.max()):
                human_map = None  # what was marked has left the frame, and nothing is left to learn from
            images.append(image)
            human_maps.append(human_map)
        places = torch.tensor(ticket.places)
        return Examples(
            torch.stack(images),
            self.loaded.labels[places],
            torch.stack([self._blank if each is None else each for each in human_maps]),
            torch.tensor([each is not None for each in human_maps]),
            self.loaded.places[places],
        )

    def _row(self, place: int, row: int) -> tuple[Tensor, Tensor | None] | Failure:
        has_map = bool(self.loaded.has_map[place])
        if self.loaded.kept is not None:
            kept = self.loaded.kept
            return kept.images[place], kept.human_maps[place] if has_map else None
        read = self.files.read(row, with_map=has_map)
        reason = read.failure or read.map_failure
        if read.pixels is None or reason is not None:
            return Failure(self.files.identity(row), reason or "unknown")
        return read.pixels, read.human_map


class Batches:
    """Batches for Lightning or a plain loop, in the order of an :class:`EpochBatches`.

    Parameters
    ----------
    source
        :class:`Examples` in memory or on a device, whose rows are taken by index; or :class:`MadeBatches`.
    order
        Which rows make up a batch; it is told the epoch by :meth:`EpochBatches.set_epoch`, which Lightning calls.
    workers
        Processes that make batches; they live as long as this object. No batch depends on their number.
    pin
        Give batches in page-locked memory, which a GPU copies from while it computes.

    Raises
    ------
    DataError
        On the way, if a file that could be read at the beginning cannot be read any more.
    """

    batch_sampler = None  # what Lightning looks for on a loader, beside `sampler`

    def __init__(
        self, source: Examples | MadeBatches, order: EpochBatches, *, workers: int = 0, pin: bool = False
    ) -> None:
        self.source = source
        self.order = order
        self.sampler = order
        self.workers = workers
        self.pin = pin
        self._loader: DataLoader[Examples | Failure] | None = None

    def __len__(self) -> int:
        return len(self.order)

    def __iter__(self) -> Iterator[Examples]:
        if isinstance(self.source, Examples):
            return self._taken(self.source)
        return self._made(self.source)

    def close(self) -> None:
        """End the worker processes; the next iteration starts new ones."""
        self._loader = None

    def _taken(self, examples: Examples) -> Iterator[Examples]:
        device = examples.images.device
        if device.type == "cpu":
            for places in self.order:
                yield examples.at(places, pin=self.pin)
            return
        shares = list(self.order)
        if shares:  # the order of the whole epoch is sent at once: a copy for each batch would wait for the device
            index = torch.cat(shares).to(device)
            for part in torch.split(index, [len(share) for share in shares]):
                yield examples.at(part)

    def _made(self, source: MadeBatches) -> Iterator[Examples]:
        tickets = Tickets(self.order)
        if self.workers and self._loader is None:
            self._loader = worker_loader(source, tickets, workers=self.workers, pin=self.pin, persistent=True)
        made = ended_at_exit(self._loader) if self._loader is not None else (source[ticket] for ticket in tickets)
        with told_when_killed():
            for batch in made:
                if isinstance(batch, Failure):
                    raise DataError(
                        f"{batch.image} could be read when the run began and cannot be read now: {batch.reason}"
                    )
                yield batch
