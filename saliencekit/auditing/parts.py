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
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from ..errors import EnvironmentFault, InputError, UsageError
from ..files import sync_folder, write_json, written_whole

if TYPE_CHECKING:
    import pandas as pd

PART_SIZE = 256
REPORTS = ("report.html", "report.md", "report.json", "report.csv")
FILES = ("summary.json", "run.json", "maps.npy", "average_maps.parquet", *REPORTS)
FOLDERS = ("parts", "records", "gallery", "figures")


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
                raise _damaged(path, error) from error
            yield account

    def files(self, name: str) -> list[Path]:
        """Return the files of that name (``entropy.parquet``, ``maps.npy``), in order of the parts."""
        paths = [self._path(part) / name for part in range(self.count)]
        return [path for path in paths if path.is_file()]

    def _path(self, part: int) -> Path:
        return self.folder / f"{part:06d}"


def merge(files: list[Path], target: Path) -> None:
    """Join Parquet files into one, holding one of them in memory at a time."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with written_whole(target) as temporary:
        writer = None
        schema = _schema(files)
        try:
            for path in files:
                try:
                    table = pq.read_table(path)
                except (pa.ArrowException, OSError) as error:
                    raise _damaged(path, error) from error
                writer = writer or pq.ParquetWriter(temporary, schema, compression="zstd")
                writer.write_table(pa.concat_tables([schema.empty_table(), table], promote_options="default"))
        finally:
            if writer is not None:
                writer.close()


def _schema(files: list[Path]) -> Any:
    """Return the columns of all parts: those of other sets may have one more."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schemas = []
    for path in files:
        try:
            schemas.append(pq.read_schema(path))
        except (pa.ArrowException, OSError) as error:
            raise _damaged(path, error) from error
    return pa.unify_schemas(schemas)


def _piece(path: Path) -> np.ndarray:
    try:
        return cast(np.ndarray, np.load(path, mmap_mode="r", allow_pickle=False))
    except (OSError, ValueError, EOFError) as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> InputError:
    return InputError(
        f"{path} cannot be read: {str(error).splitlines()[0]}; delete that part and run again with --resume"
    )


def merge_maps(files: list[Path], target: Path) -> None:
    """Join the parts' maps ``(n, h, w)`` into one ``.npy``, not held in memory; nothing if there are none."""
    pieces = [_piece(path) for path in files]
    if not pieces:
        return
    with written_whole(target) as path:
        shape = (sum(len(each) for each in pieces), *pieces[0].shape[1:])
        whole = np.lib.format.open_memmap(path, mode="w+", dtype=pieces[0].dtype, shape=shape)
        start = 0
        for each in pieces:
            whole[start : start + len(each)] = each
            start += len(each)
        whole.flush()


def begin(folder: Path, fingerprint: Mapping[str, Any], *, resume: bool, overwrite: bool) -> None:
    """Prepare an output folder: new, emptied, or to be resumed by an audit of the same fingerprint.

    Raises
    ------
    UsageError
        If the folder holds an audit and neither ``resume`` nor ``overwrite`` was asked for, or if the
        audit to resume was of something else; the first differing field is named.
    """
    state = folder / "parts" / "fingerprint.json"
    begun = any((folder / "parts").glob("[0-9]*/[0-9]*"))  # a lone fingerprint is of an audit that was refused
    audited = begun or (folder / "run.json").is_file() or (folder / "summary.json").is_file()
    if audited and overwrite:
        clear(folder)
    elif audited and resume:
        return _same(_before(folder, state), fingerprint, folder)
    elif audited:
        raise UsageError(f"{folder} holds an audit already: choose another --output, or --resume, or --overwrite")
    elif foreign := [name for name in FOLDERS[1:] if (folder / name).exists()]:
        raise UsageError(f"{folder} holds {', '.join(foreign)} of something else: choose another --output")
    return write_json(state, dict(fingerprint))


def clear(folder: Path) -> None:
    """Remove what an audit wrote, the summary first, and nothing else."""
    try:
        for name in FILES:
            (folder / name).unlink(missing_ok=True)
        for name in FOLDERS:
            if (folder / name).is_dir():
                shutil.rmtree(folder / name)
    except OSError as error:
        raise EnvironmentFault(f"cannot empty {folder}: {error.strerror}") from error


def _before(folder: Path, state: Path) -> Mapping[str, Any]:
    """Return the fingerprint of the audit that a folder holds, finished or not."""
    finished = folder / "run.json"
    try:
        if state.is_file():
            return cast("Mapping[str, Any]", json.loads(state.read_text(encoding="utf-8")))
        return cast("Mapping[str, Any]", json.loads(finished.read_text(encoding="utf-8"))["fingerprint"])
    except (OSError, ValueError, KeyError) as error:
        raise UsageError(f"{folder} holds no audit that can be resumed: choose --overwrite") from error


def _same(before: Mapping[str, Any], now: Mapping[str, Any], folder: Path) -> None:
    for name in {**before, **now}:
        if before.get(name) != json.loads(json.dumps(now.get(name))):
            raise UsageError(
                f"{folder} cannot be resumed: its {name} was {before.get(name)}, and is now {now.get(name)}"
            )
