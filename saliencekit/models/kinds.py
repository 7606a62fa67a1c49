"""What a file is, told from its content: its name decides nothing."""

from __future__ import annotations

import os
import stat
import zipfile
import zlib
from pathlib import Path
from typing import Literal

from ..errors import EnvironmentFault, ModelError

Kind = Literal["checkpoint", "safetensors", "torchscript", "export", "package", "legacy", "pickle"]

# The first bytes of what torch.save wrote before version 1.6: a pickled magic number.
LEGACY = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
KNOWN_BEGINNINGS = (
    (b"\x89HDF", "an HDF5 file (Keras)"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"GGUF", "a GGUF file"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"version https://git-lfs", "a Git LFS pointer, whose content `git lfs pull` fetches"),
)


def file_kind(path: Path) -> Kind:
    """Return what kind of model file ``path`` is.

    Raises
    ------
    ModelError
        If there is no such file, or it is empty, damaged, or no model file at all, saying what it is instead.
    EnvironmentFault
        If it may not be read.
    """
    size = _regular_size(path)
    try:
        with path.open("rb") as stream:
            start = stream.read(4096)
    except OSError as error:
        raise EnvironmentFault(f"cannot read {path}: {error.strerror}") from error
    if not start:
        raise ModelError(f"{path} is empty")
    if start.startswith(b"PK\x03\x04"):
        return _zip_kind(path)
    if start.startswith(LEGACY):
        return "legacy"
    if len(start) > 8 and start[8:9] == b"{" and int.from_bytes(start[:8], "little") < 100_000_000:
        if int.from_bytes(start[:8], "little") + 8 > size:
            raise ModelError(f"{path} is cut or damaged: its header is longer than the file")
        return "safetensors"
    if start[:1] == b"\x80" and start[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return "pickle"
    raise ModelError(
        f"{path} is no model file: expected a checkpoint of torch.save or safetensors, got {_guess(start)}"
    )


def _regular_size(path: Path) -> int:
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ModelError(f"there is no file {path}") from error
    except (OSError, ValueError) as error:
        raise EnvironmentFault(f"cannot read {path}: {error}") from error
    if stat.S_ISDIR(found.st_mode):
        raise ModelError(f"{path} is a folder: expected a model file")
    if not stat.S_ISREG(found.st_mode):
        raise ModelError(f"{path} is a device, pipe or socket: expected a model file")
    return found.st_size


def _zip_kind(path: Path) -> Kind:
    """Check every entry of a zip archive, then tell by their names what wrote it."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            wrong = _wrong_with(entries)
            damaged = archive.testzip() if wrong is None else None
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError, IndexError) as error:
        raise ModelError(f"{path} is cut or damaged: {error}") from error
    wrong = f"the checksum of its entry {damaged!r} is wrong" if damaged else wrong
    kind = _written_by({entry.filename.partition("/")[2] or entry.filename for entry in entries})
    if kind == "checkpoint" and any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        wrong = wrong or "its entries are compressed, which torch.save never does"
    if wrong:
        raise ModelError(f"{path} is damaged or was changed: {wrong}")
    if kind is None:
        shown = ", ".join(sorted(entry.filename for entry in entries)[:3]) or "nothing"
        raise ModelError(f"{path} is a zip archive but no model file: it holds {shown}")
    return kind


def _written_by(inner: set[str]) -> Kind | None:
    """Tell from the entries' names, less the folder around them, what wrote an archive."""
    if ".data/extern_modules" in inner or any(name.startswith(".data/") and name.endswith(".py") for name in inner):
        return "package"
    if "archive_format" in inner or "serialized_exported_program.json" in inner or "models/model.json" in inner:
        return "export"
    if "constants.pkl" in inner or any(name.startswith("code/") for name in inner):
        return "torchscript"
    if "data.pkl" in inner:
        return "checkpoint"
    return None


def _wrong_with(entries: list[zipfile.ZipInfo]) -> str | None:
    """Say what torch.save never does, and torch.load reads otherwise than the checksums are checked here."""
    if len({entry.filename for entry in entries}) < len(entries):
        return "its list of entries names one twice"
    # An entry that says it is a folder is left unread: the tensor keeps whatever was in memory.
    folders = [entry.filename for entry in entries if entry.external_attr & 0x10 or entry.is_dir()]
    return f"its entry {folders[0]!r} says that it is a folder" if folders else None


def _guess(start: bytes) -> str:
    if start[257:262] == b"ustar":
        return "a tar archive"
    for beginning, what in KNOWN_BEGINNINGS:
        if start.startswith(beginning):
            return what
    if start.lstrip()[:5].lower() in (b"<!doc", b"<html"):
        return "a web page; perhaps the download failed"
    try:
        text = start.decode("utf-8", errors="strict" if len(start) < 4096 else "ignore")
    except UnicodeDecodeError:
        return "bytes of no form known here"
    return "text" if all(c.isprintable() or c.isspace() for c in text) else "bytes of no form known here"


def readable(path: str | os.PathLike[str]) -> Path:
    """Return ``path`` as a path, with ``~`` expanded; a NUL in it raises :class:`ModelError`."""
    plain = os.fspath(path)
    if "\0" in plain:
        raise ModelError(f"the path {plain!r} holds a NUL")
    return Path(plain).expanduser()
