"""A split read once: looked through by worker processes, and kept in memory that all processes of a machine share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from torch import Tensor

from ..data import Failure
from ..data.parallel import chunks, in_workers
from ..devices import decoding_processes
from .block import Block, reserved_block
from .examples import Examples, RowFiles

CHUNK = 32  # rows that a worker reads for one message


@dataclass(frozen=True)
class Loaded:
    """What of a split takes part, and what could not be read.

    Parameters
    ----------
    rows
        (n,), int64: rows of the split's :class:`RowFiles` that take part.
    places, labels
        (n,), int64: of these rows.
    has_map
        (n,), bool: which of them have a human map that can be used.
    skipped, maps_skipped
        Images that cannot be read, and human maps that cannot be used, with the reasons.
    kept
        The pixels, in the order of ``rows``; None where they are read anew every epoch.
    seen
        What all this was told from, for other processes.
    """

    rows: Tensor
    places: Tensor
    labels: Tensor
    has_map: Tensor
    skipped: tuple[Failure, ...]
    maps_skipped: tuple[Failure, ...]
    kept: Examples | None
    seen: Seen

    def __len__(self) -> int:
        return len(self.rows)


class _Look:
    """Reads chunks of rows, and keeps their pixels in a block if there is one."""

    def __init__(self, files: RowFiles, block: Block | None) -> None:
        self.files = files
        self.block = block

    def __getitem__(self, chunk: Sequence[int]) -> list[tuple[int, str | None, str | None, bool]]:
        """Return of each row: its number, why it failed, why its map failed, and whether it has one."""
        images, human_maps = self.block.mapped() if self.block is not None else (None, None)
        seen = []
        for number in chunk:
            row = self.files.read(number)
            if images is not None and human_maps is not None and row.pixels is not None:
                images[number] = row.pixels
                if row.human_map is not None:
                    human_maps[number] = row.human_map
            seen.append((number, row.failure, row.map_failure, row.human_map is not None))
        return seen


def load_split(files: RowFiles, *, keep: bool, workers: int = -1, folder: Path | None = None) -> Loaded:
    """Read every row of a split once, and keep the pixels if asked to.

    Parameters
    ----------
    files
        The rows.
    keep
        Keep the pixels, as uint8, in memory that worker processes share. It is a file in the system's shared
        memory, or in its temporary folder where that has not the room; its name is gone before this returns,
        so that nothing is left behind however the process ends.
    workers
        Processes that read; -1 chooses.
    folder
        Where the file keeps its name, for other processes to map it too; the caller removes it.

    Raises
    ------
    EnvironmentFault
        If there is no room for the pixels, or a worker was killed.
    """
    if not keep or not len(files):
        return outcome(files, _looked(files, None, workers))
    with reserved_block(files, folder=folder) as block:
        seen = replace(_looked(files, block, workers), block=block)
        for pixels in block.mapped():
            _move_up(pixels, seen.good)
        return outcome(files, seen)


@dataclass(frozen=True)
class Seen:
    """What a look at every row of a split found; rows are numbered as in its :class:`RowFiles`.

    Parameters
    ----------
    good, has_map
        (N,), bool: which rows can be read, and which have a human map that can be used.
    failures, map_failures
        Reasons by row.
    block
        Where the pixels of the good rows lie, without gaps; None where they are not kept.
    """

    good: Tensor
    has_map: Tensor
    failures: dict[int, str] = field(default_factory=dict)
    map_failures: dict[int, str] = field(default_factory=dict)
    block: Block | None = None


def outcome(files: RowFiles, seen: Seen) -> Loaded:
    """Return what takes part, with the pixels mapped where they are kept."""
    rows = seen.good.nonzero()[:, 0]
    has_map = seen.has_map[rows]
    places, labels = files.places[rows], files.labels[rows]
    kept = None
    if seen.block is not None:
        images, human_maps = (each[: len(rows)] for each in seen.block.mapped())
        if not has_map.any():
            human_maps = human_maps.new_zeros(len(rows), 1, 1)
        kept = Examples(images, labels, human_maps, has_map, places)
    skipped, maps_skipped = files.skipped(seen.failures), files.skipped(seen.map_failures)
    return Loaded(rows, places, labels, has_map, skipped, maps_skipped, kept, seen)


def _looked(files: RowFiles, block: Block | None, workers: int) -> Seen:
    seen = Seen(torch.ones(len(files), dtype=torch.bool), torch.zeros(len(files), dtype=torch.bool))
    processes = decoding_processes(workers, len(files))
    for part in in_workers(_Look(files, block), chunks(len(files), CHUNK), workers=processes):
        for row, failure, map_failure, has_map in part:
            seen.has_map[row] = has_map
            if failure is not None:
                seen.good[row] = False
                seen.failures[row] = failure
            if map_failure is not None:
                seen.map_failures[row] = map_failure
    return seen


def _move_up(pixels: Tensor, good: Tensor) -> None:
    """Close the gaps that unreadable rows left, in place: there may be no memory for a second copy."""
    if not good.all():
        for number, row in enumerate(good.nonzero()[:, 0].tolist()):
            if number != row:
                pixels[number] = pixels[row]
