"""`last.ckpt` as a file: everything that a run needs to go on from where it was, to the last bit."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch.plugins.io import TorchCheckpointIO

from ..errors import EnvironmentFault, InputError, ModelError
from ..files import written_whole
from ..models.foreign import first_line
from ..models.stored import read_stored
from .module import STATE

NAME = "last.ckpt"
WRITER = ("PytorchStreamWriter", "inline_container")  # what torch.save complains as, when the disk is full


class WholeFiles(TorchCheckpointIO):
    """Checkpoints as files that are whole or not there, and are read without running anything in them."""

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | os.PathLike[str], storage_options: Any = None
    ) -> None:
        """Write, or raise :class:`EnvironmentFault` and leave what was there."""
        with written_whole(path) as temporary:
            try:
                torch.save(checkpoint, temporary)
            except RuntimeError as error:
                if not any(word in str(error) for word in WRITER):
                    raise
                raise EnvironmentFault(
                    f"cannot write {path}, perhaps for lack of space: {first_line(error)}; what was there is untouched"
                ) from error

    def load_checkpoint(
        self, path: str | os.PathLike[str], map_location: Any = None, weights_only: bool | None = None
    ) -> dict[str, Any]:
        """Read, checked against the file's checksums; a damaged file raises :class:`InputError`."""
        return _read(Path(path))


@dataclass(frozen=True)
class ResumePoint:
    """Where a run goes on from.

    Parameters
    ----------
    path
        The checkpoint.
    arch
        The network's architecture to its last option, so that it can be built without the weights that it was
        begun with; None where the network did not say.
    """

    path: Path
    arch: str | None


def resume_point(folder: str | os.PathLike[str]) -> ResumePoint | None:
    """Return what a run in ``folder`` goes on from, ``None`` if there is none.

    Raises
    ------
    InputError
        If it is damaged, or no checkpoint of this package.
    """
    path = Path(folder) / NAME
    return ResumePoint(path, _read(path)[STATE].get("arch")) if path.exists() else None


def _read(path: Path) -> dict[str, Any]:
    try:
        content = read_stored(path).content
    except ModelError as error:
        raise InputError(
            f"{error}: the run cannot go on from it, but model.pt beside it is its best epoch so far; "
            "begin again with --overwrite"
        ) from error
    if not isinstance(content, dict) or STATE not in content:
        raise InputError(f"{path} was not written by this package: the run cannot go on from it")
    return content
