"""Which images make up which batch: a function of (seed, epoch), cut for every process of a run."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from ..errors import UsageError
from .seeds import epoch_order


class EpochBatches:
    """The batches of an epoch as places 0 .. count - 1; what one process sees of each.

    A batch is cut from the epoch's order whatever the number of processes; process ``rank`` of ``world`` gets its
    rows ``rank, rank + world, ...``. Where a batch has fewer rows than there are processes, one that gets none is
    given the batch's first row, so that it can take part in the step; :meth:`shares` says that it does not count.

    Parameters
    ----------
    count
        Number of images.
    batch_size
        Images a batch, over all processes; the last batch may have fewer.
    seed
        Of the order, which is another every epoch; ``None`` is one fixed order, for validation.
    rank, world
        Of this process, and how many there are.

    Raises
    ------
    UsageError
        If ``batch_size`` or ``world`` is below 1, or ``rank`` is not one of them.

    Examples
    --------
    >>> batches = EpochBatches(5, batch_size=3, seed=None, rank=1, world=2)
    >>> [batch.tolist() for batch in batches], batches.shares(0), batches.shares(1)
    ([[1], [4]], (2, 1), (1, 1))
    """

    def __init__(self, count: int, *, batch_size: int, seed: int | None, rank: int = 0, world: int = 1) -> None:
        if batch_size < 1:
            raise UsageError(f"expected `batch_size` to be at least 1, got {batch_size}")
        if not 0 <= rank < world:
            raise UsageError(f"expected `rank` from 0 to {world - 1}, got {rank}")
        self.count, self.batch_size, self.seed = count, batch_size, seed
        self.rank, self.world = rank, world
        self.epoch = 0
        self._start = 0
        self._held = False

    def set_epoch(self, epoch: int) -> None:
        """Say which epoch comes next; another one begins with its first batch."""
        if epoch != self.epoch and not self._held:
            self.epoch, self._start = epoch, 0

    def start_at(self, batch: int) -> None:
        """Let the next iteration begin with this batch of the epoch; those after it are whole again."""
        if not 0 <= batch <= len(self):
            raise UsageError(f"expected `batch` from 0 to {len(self)}, got {batch}")
        self._start = batch

    def hold(self) -> None:
        """Keep the order of the first epoch in all that follow."""
        self.set_epoch(0)
        self._held = True

    def size(self, batch: int) -> int:
        """Return how many images a batch has, over all processes."""
        return min(self.batch_size, self.count - batch * self.batch_size)

    def shares(self, batch: int) -> tuple[int, ...]:
        """Return how many images of a batch every process has; 0 where its one row is only a stand-in."""
        return tuple(len(range(rank, self.size(batch), self.world)) for rank in range(self.world))

    def __len__(self) -> int:
        return math.ceil(self.count / self.batch_size)

    def __iter__(self) -> Iterator[Tensor]:
        start, self._start = self._start, 0  # read when the first batch is taken, not when the iterator is made
        if self.seed is None:
            order = torch.arange(self.count)
        else:
            order = epoch_order(self.count, seed=self.seed, epoch=self.epoch)
        for batch in torch.split(order, self.batch_size)[start:] if self.count else ():
            share = batch[self.rank :: self.world]
            yield share if len(share) else batch[:1]
