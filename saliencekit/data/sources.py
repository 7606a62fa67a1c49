"""Opening whatever holds images: a folder, a manifest, or a CSV of the CYBORG authors."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from ..errors import DataError
from .cyborg import is_cyborg, open_cyborg
from .folder import open_folder
from .manifest import open_manifest
from .samples import Collection
from .table import first_line, read_text
from .walk import IMAGE_SUFFIXES

MANIFEST_NAME = "manifest.csv"


def open_data(
    source: str | os.PathLike[str],
    *,
    split: str | None = None,
    limit: int | None = None,
    allow_outside: bool = False,
) -> Collection:
    """List the images of a folder or of a table; none is opened.

    Parameters
    ----------
    source
        A folder (if it holds a ``manifest.csv``, that; else see :func:`open_folder`), a CSV with a header
        (see :func:`open_manifest`), or a CSV of the CYBORG authors (see :func:`open_cyborg`). Which of the
        tables a file is comes from its first line, not from its name.
    split
        Keep this split only: ``"train"``, ``"val"``, ``"test"`` or another that the manifest names.
    limit
        Keep at most this many images, spread evenly over the sorted list.
    allow_outside
        Take a table's paths that lead out of its folder as well.

    Raises
    ------
    DataError
        If nothing can be listed, in one sentence that says why and where.
    EnvironmentFault
        If the folder or the file may not be read.
    UsageError
        If there is no such split, or ``limit`` is below 1.
    """
    return _opened(source, allow_outside).restricted(split=split, limit=limit)


def table_of(source: str | os.PathLike[str]) -> Path | None:
    """Return the manifest or CSV that :func:`open_data` reads for this source, or None for a folder of images."""
    path = Path(source)
    if not os.path.isdir(path):
        return path
    return path / MANIFEST_NAME if os.path.isfile(path / MANIFEST_NAME) else None


def _opened(source: str | os.PathLike[str], allow_outside: bool) -> Collection:
    path = Path(source)
    if not os.fspath(source):
        raise DataError("expected the path of a folder or a table, got an empty text")
    if os.path.isdir(path):
        inside = table_of(path)
        if inside is not None:
            return replace(open_manifest(inside, allow_outside=allow_outside), source=os.fspath(source))
        return open_folder(source)
    if os.path.isfile(path) and path.name.lower().endswith(IMAGE_SUFFIXES):
        raise DataError(f"{path} is named like an image: expected a folder of images or a CSV")
    opened = open_cyborg if is_cyborg(first_line(read_text(path))) else open_manifest
    return opened(source, allow_outside=allow_outside)
