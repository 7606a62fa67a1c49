"""Pixels of a split in memory that all processes of a machine share: a file that each of them maps."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy
import torch
from torch import Tensor

from ..errors import EnvironmentFault
from .examples import RowFiles

MEMORY_FOLDER = Path("/dev/shm")
SPARE = 0.9  # the share of free memory that images may take


@dataclass(frozen=True)
class Block:
    """Pixels of a split as one file that is mapped into the memory of each process that uses it.

    Parameters
    ----------
    path
        The file; its bytes are the images, then the human maps.
    images, human_maps
        Shapes, (N, C, H, W) and (N, H, W).
    """

    path: str
    images: tuple[int, ...]
    human_maps: tuple[int, ...]

    @property
    def size(self) -> int:
        """Bytes."""
        return int(numpy.prod(self.images)) + int(numpy.prod(self.human_maps))

    def mapped(self) -> tuple[Tensor, Tensor]:
        """Return images and human maps, uint8; what is written to them is seen by all processes."""
        images = int(numpy.prod(self.images))
        whole = torch.from_file(self.path, shared=True, size=self.size, dtype=torch.uint8)
        return whole[:images].view(self.images), whole[images:].view(self.human_maps)


@contextmanager
def reserved_block(files: RowFiles, *, folder: Path | None = None) -> Iterator[Block]:
    """Give a block with room for all rows; its name is removed afterwards, which takes it from nobody who maps it.

    Parameters
    ----------
    files
        The rows.
    folder
        Where the block keeps its name, for other processes; the caller removes it.

    Raises
    ------
    EnvironmentFault
        If there is no room. Without asking for it at once, a full disk would kill the process when a page is
        first written.
    """
    where = folder if folder is not None else roomy_folder(files.size)
    name = None
    try:
        try:
            handle, name = tempfile.mkstemp(prefix="saliencekit-", suffix=f"-{files.split}", dir=where)
            try:
                reserve = getattr(os, "posix_fallocate", None)
                reserve(handle, 0, files.size) if reserve is not None else os.truncate(handle, files.size)
            finally:
                os.close(handle)
        except OSError as error:
            raise EnvironmentFault(
                f"no room for {files.size / 2**30:.2f} GiB of images of the split {files.split!r} in {where}:"
                f" {error.strerror or error}; use the cache 'none', or a larger folder as TMPDIR"
            ) from error
        yield Block(name, *files.shapes)
    finally:
        if name is not None and folder is None:
            with suppress(FileNotFoundError):
                os.unlink(name)


def roomy_folder(size: int) -> Path:
    """Return the system's folder in memory if it and the memory have room for so many bytes, else that for files."""
    if os.access(MEMORY_FOLDER, os.W_OK):
        there = os.statvfs(MEMORY_FOLDER)
        if size <= SPARE * min(there.f_bavail * there.f_frsize, _free_memory()):
            return MEMORY_FOLDER
    return Path(tempfile.gettempdir())


def _free_memory() -> float:
    with suppress(OSError, ValueError), open("/proc/meminfo", encoding="ascii") as stream:
        for line in stream:
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024.0
    return float("inf")
