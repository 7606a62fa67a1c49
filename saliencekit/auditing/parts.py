"""Records on the disk in parts, so that memory stays flat and an interrupted audit goes on from them.

A part is a folder that appears whole, under its final name, when its images are done. Which images a part
holds is fixed by its number, so any number of processes can share the parts and any of them can be missing.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import EnvironmentFault, InputError
from ..files import sync_folder, write_json, written_whole

if TYPE_CHECKING:
    import pandas as pd

PART_SIZE = 256


@dataclass(frozen=True)
class Account:
    """What became of the images of a part: each is scored or skipped, once; and constant maps, by run and kind too."""

    scored: int
    degenerate: int
    skipped: tuple[tuple[str, str], ...]
    degenerate_runs: tuple[int, ...] = ()
    degenerate_kinds: Mapping[str, int] = field(default_factory=dict)


class Parts:
    """The parts of one pass over one set of images.

    Parameters
    ----------
    folder
        Where the parts of this pass lie.
    images
        How many images the pass has.
    """

    def __init__(self, folder: Path, images: int) -> None:
        self.folder = folder
        self.images = images

    @property
    def count(self) -> int:
        """How many parts there are in all."""
        return -(-self.images // PART_SIZE)

    def numbers(self, part: int) -> range:
        """Return the image numbers of a part."""
        return range(part * PART_SIZE, min((part + 1) * PART_SIZE, self.images))

    def missing(self, *, rank: int = 0, world: int = 1) -> list[int]:
        """Return the parts that process ``rank`` of ``world`` still has to do."""
        return [part for part in range(rank, self.count, world) if not self._path(part).is_dir()]

    def write(self, part: int, records: Mapping[str, pd.DataFrame], account: Account, maps: np.ndarray | None) -> None:
        """Write a part; it is there whole or not at all."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            temporary = Path(tempfile.mkdtemp(dir=self.folder, prefix=f".{part}."))
        except OSError as error:
            raise EnvironmentFault(f"cannot write {self.folder}: {error.strerror}") from error
        try:
            for name, frame in records.items():
                with written_whole(temporary / f"{name}.parquet") as path:
                    frame.to_parquet(path, index=False)
            if maps is not None:
                with written_whole(temporary / "maps.npy") as path, path.open("wb") as stream:
                    np.save(stream, maps, allow_pickle=False)
            write_json(temporary / "account.json", asdict(account))
            os.replace(temporary, self._path(part))
            sync_folder(self.folder)
        except EnvironmentFault:
            raise
        except OSError as error:
            raise EnvironmentFault(f"cannot write {self._path(part)}: {error.strerror or error}") from error
        finally:
            shutil.rmtree(temporary, ignore_errors=True)

    def accounts(self) -> Iterator[Account]:
        """Yield the account of each part, in order."""
        for part in range(self.count):
            path = self._path(part) / "account.json"
            try:
                plain = json.loads(path.read_text(encoding="utf-8"))
                skipped = tuple((image, reason) for image, reason in plain.pop("skipped"))
                account = Account(**{**plain, "degenerate_runs": tuple(plain["degenerate_runs"])}, skipped=skipped)
            except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
                raise damaged(path, error) from error
            yield account

    def files(self, name: str) -> list[Path]:
        """Return the files of that name (``entropy.parquet``, ``maps.npy``), in order of the parts."""
        paths = [self._path(part) / name for part in range(self.count)]
        return [path for path in paths if path.is_file()]

    def _path(self, part: int) -> Path:
        return self.folder / f"{part:06d}"


def damaged(path: Path, error: Exception) -> InputError:
    """Return the error that names a file of a part that cannot be read."""
    return InputError(
        f"{path} cannot be read: {str(error).splitlines()[0]}; delete that part and run again with --resume"
    )
