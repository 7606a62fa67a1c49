"""Files that are either whole or not there: the one way in which this package writes."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from .errors import EnvironmentFault


@contextmanager
def written_whole(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary path beside ``path``; on a clean exit it becomes ``path``, otherwise it is removed.

    The bytes are flushed to the disk before the name changes, and the folder after it, so that a kill or a
    power cut at any point leaves the old file or the new one. A full disk or a missing permission raises
    :class:`EnvironmentFault`; whatever stood at ``path`` before is untouched then.
    """
    path = Path(path)
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:100]}.", suffix=".tmp")
        os.close(handle)
        temporary = Path(name)
        yield temporary
        with temporary.open("rb+") as written:
            os.fsync(written.fileno())
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        os.replace(temporary, path)
        sync_folder(path.parent)
    except OSError as error:
        reason = error.strerror or error
        raise EnvironmentFault(f"cannot write {path}: {reason}") from error
    finally:
        if temporary is not None:
            with suppress(FileNotFoundError):
                temporary.unlink()


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write ``text`` as UTF-8, whole or not at all."""
    with written_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: str | os.PathLike[str], content: Any) -> None:
    """Write JSON, whole or not at all; NaN and infinities are refused, since JSON has none."""
    write_text(path, json_text(content))


def json_text(content: Any) -> str:
    r"""Return what :func:`write_json` writes.

    >>> json_text({"a": None})
    '{\n  "a": null\n}\n'
    """
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


@contextmanager
def held_alone(folder: str | os.PathLike[str]) -> Iterator[None]:
    """Hold a folder for this process; :class:`EnvironmentFault` if another one holds it.

    The hold ends with the process, however it ends.
    """
    import fcntl

    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        stream = (folder / ".lock").open("w")
    except OSError as error:
        raise EnvironmentFault(f"cannot write {folder}: {error.strerror}") from error
    with stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise EnvironmentFault(f"{folder} is in use by another process") from error
        yield


def remove_from(folder: str | os.PathLike[str], *, files: Iterable[str], folders: Iterable[str]) -> None:
    """Remove what is there of these files, in this order, then of these folders with all that is in them.

    Raises
    ------
    EnvironmentFault
        If something may not be removed.
    """
    folder = Path(folder)
    try:
        for name in files:
            (folder / name).unlink(missing_ok=True)
        for name in folders:
            if (folder / name).is_dir():
                shutil.rmtree(folder / name)
    except OSError as error:
        raise EnvironmentFault(f"cannot empty {folder}: {error.strerror or error}") from error


def sha256(path: str | os.PathLike[str]) -> str:
    """Return the SHA-256 of a file's content, as 64 hexadecimal digits."""
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sync_folder(folder: Path) -> None:
    """Flush a folder's names to the disk, where the file system can."""
    with suppress(OSError):  # some file systems have no folder handles to flush
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
