"""Which images are explained: files, folders, tables and patterns, each image once, each with a name of its own."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..data import Collection, Failure, open_data
from ..data.samples import identity_of
from ..errors import DataError

LONGEST = 80  # signs of a name, so that what is added to it still makes a file's name


@dataclass(frozen=True, slots=True)
class Subject:
    """One image.

    Parameters
    ----------
    image
        As the user would name it.
    path
        Where it is.
    stem
        Its files' names begin with it; unlike all others, also where case does not count.
    label
        Name or number of its class, as its folder or table says; None if nothing does.
    """

    image: str
    path: Path
    stem: str
    label: str | None = None


@dataclass(frozen=True)
class Subjects:
    """The images to explain, and what was named but is none."""

    images: tuple[Subject, ...]
    skipped: tuple[Failure, ...]


def gather(sources: Sequence[str | os.PathLike[str]], *, avoid: Path | None = None) -> Subjects:
    """List the images of all sources; none is opened.

    Parameters
    ----------
    sources
        Files, folders, manifests (``.csv``), and patterns as of a shell (``photos/**/*.jpg``). An image named twice
        is listed once.
    avoid
        The folder that will be written to: no name is such that an image in it would be overwritten.

    Examples
    --------
    >>> gather(["no/such.png"])
    Subjects(images=(), skipped=(Failure(image='no/such.png', reason='the file does not exist'),))
    """
    found: dict[str, tuple[str, Path, str | None]] = {}
    skipped: list[Failure] = []
    for source in sources:
        for each in _listed(os.fspath(source)):
            if isinstance(each, Failure):
                skipped.append(each)
            else:
                found.setdefault(os.path.realpath(each[1]), each)
    taken = _stems_in(avoid, found)
    images = []
    for image, path, label in found.values():
        stem = _free(_stem(path), taken)
        images.append(Subject(image, path, stem, label))
    return Subjects(tuple(images), tuple(skipped))


def _listed(source: str) -> Iterator[tuple[str, Path, str | None] | Failure]:
    if os.path.isdir(source) or (source.lower().endswith(".csv") and os.path.isfile(source)):
        try:
            collection = open_data(source)
        except DataError as error:
            yield Failure(identity_of(source), str(error))
        else:
            yield from _of_collection(source, collection)
    elif os.path.lexists(source) or not glob.has_magic(source):
        missing = not os.path.lexists(source)
        yield Failure(identity_of(source), "the file does not exist") if missing else _alone(source)
    else:
        matches = sorted(glob.glob(source, recursive=True))
        if not matches:
            yield Failure(identity_of(source), "nothing is named like this")
        for match in matches:
            if os.path.isfile(match):
                yield _alone(match)


def _alone(path: str) -> tuple[str, Path, str | None]:
    return identity_of(path), Path(path), None


def _of_collection(source: str, collection: Collection) -> Iterator[tuple[str, Path, str | None] | Failure]:
    where = identity_of(source if os.path.isdir(source) else os.path.dirname(source))
    for sample in collection.samples:
        label = None if sample.label is None else _class(collection.classes, sample.label)
        yield os.path.join(where, sample.image), sample.path, label
    for failure in collection.excluded:
        yield Failure(os.path.join(where, failure.image), failure.reason)


def _class(classes: Sequence[str], label: int) -> str:
    return classes[label] if label < len(classes) else str(label)


def _stem(path: Path) -> str:
    """Return a file's name without its ending, in signs that every file system takes."""
    signs = "".join(each if each.isalnum() or each in " +-_.,()" else "_" for each in identity_of(path.stem))
    return signs.strip(" .")[:LONGEST].encode()[: 2 * LONGEST].decode("utf-8", "ignore") or "image"


def _free(stem: str, taken: set[str]) -> str:
    """Return ``stem``, or that with the first number that makes it new, and take it.

    >>> taken = {"cat"}
    >>> _free("Cat", taken), _free("cat", taken), _free("dog", taken)
    ('Cat-2', 'cat-3', 'dog')
    """
    name, number = stem, 1
    while name.casefold() in taken:
        number += 1
        name = f"{stem}-{number}"
    taken.add(name.casefold())
    return name


def _stems_in(folder: Path | None, found: dict[str, tuple[str, Path, str | None]]) -> set[str]:
    """Return the first part of the names of those images that lie in ``folder`` and look like something written."""
    if folder is None:
        return set()
    here = os.path.realpath(folder)
    names = (os.path.basename(path) for path in found if os.path.dirname(path) == here)
    parts = (name.split(".") for name in names)
    return {".".join(each[:size]).casefold() for each in parts for size in range(1, len(each) - 1)}
