"""Folders of images: what their subfolders say about split, class and group."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import DataError
from .labels import BINARY_CLASSES, SPLIT_WORDS, binary_label, resolve_labels
from .samples import Collection, Failure, Sample, identity_of
from .walk import IMAGE_SUFFIXES, Walk, walk_images

_NO_CLASS = "it lies in no folder that says real or fake"
_SAME_NAME = "its name differs from another's only in bytes that are no text"


def open_folder(folder: str | os.PathLike[str]) -> Collection:
    """List the images of a folder; nothing is opened.

    Layouts, the first that fits:

    1. *Splits.* Every image lies below a folder named train, val or test (or training, valid, validation,
       dev, testing): that gives the split, and what follows holds for the folders inside.
    2. *Class folders.* Every image lies exactly one folder down, in at least two folders: these are the
       classes, in sorted order, or real and fake where their names say so (``real/ fake/``,
       ``0_real/ 1_fake``, genuine, bonafide, synthetic, generated, ...: see ``data/labels.py``).
    3. *Real and fake somewhere on the way.* ``progan/0_real/a.png``: the deepest such folder gives the class,
       the other folders the group (``progan``). Images in no such folder are left out by name.
    4. Anything else is unlabelled.

    Raises
    ------
    DataError
        If there is no image, or if class folders contradict one another.
    """
    root = Path(folder)
    found = walk_images(root)
    if not found.images:
        raise DataError(_nothing_found(root, found))
    places = [tuple(image.split("/")[:-1]) for image in found.images]
    splits: list[str | None] = [None] * len(places)
    if all(place and place[0].lower() in SPLIT_WORDS for place in places):
        splits = [SPLIT_WORDS[place[0].lower()] for place in places]
        places = [place[1:] for place in places]
    reading = _read_places(places)
    samples: dict[str, Sample] = {}
    excluded = list(found.excluded)
    for number, image in enumerate(found.images):
        identity = identity_of(image)
        if not reading.kept[number]:
            excluded.append(Failure(identity, _NO_CLASS))
        elif identity in samples:
            excluded.append(Failure(identity, _SAME_NAME))
        else:
            label, group = reading.labels[number], reading.groups[number]
            samples[identity] = Sample(identity, root / image, label, splits[number], group)
    ordered = tuple(samples[identity] for identity in sorted(samples))
    name = root.name or root.resolve().name
    return Collection(name, os.fspath(folder), "folder", ordered, reading.classes, tuple(excluded))


@dataclass
class _Reading:
    """What the folders say: the classes, and per image its label, its group, and whether it is kept."""

    classes: tuple[str, ...]
    labels: Sequence[int | None]
    groups: Sequence[str | None]
    kept: Sequence[bool]


def _read_places(places: list[tuple[str, ...]]) -> _Reading:
    nothing: list[None] = [None] * len(places)
    everything = [True] * len(places)
    marks = [_binary_mark(place) for place in places]
    said = {mark.label for mark in marks if mark is not None}
    if all(len(place) == 1 for place in places):
        names = sorted({place[0] for place in places})
        if len(names) > 1 or said:
            classes, label = resolve_labels({name: f"folder {identity_of(name)!r}" for name in names})
            labels = [label[place[0]] for place in places]
            return _Reading(tuple(map(identity_of, classes)), labels, nothing, everything)
    kept = [mark is not None for mark in marks]
    if len(said) == 2 or (said and all(kept)):
        labels_on_the_way = [None if mark is None else mark.label for mark in marks]
        groups = [None if mark is None else mark.group for mark in marks]
        return _Reading(BINARY_CLASSES, labels_on_the_way, groups, kept)
    return _Reading((), nothing, nothing, everything)


@dataclass(frozen=True)
class _Mark:
    label: int
    group: str | None


def _binary_mark(place: tuple[str, ...]) -> _Mark | None:
    """Return what the deepest folder that says real or fake says, with the other folders as the group."""
    for at in reversed(range(len(place))):
        label = binary_label(place[at])
        if label is not None:
            return _Mark(label, identity_of("/".join(place[:at] + place[at + 1 :])) or None)
    return None


def _nothing_found(root: Path, found: Walk) -> str:
    text = f"no image was found in {root}: expected files whose names end in {', '.join(IMAGE_SUFFIXES)}"
    if found.excluded:
        first = found.excluded[0]
        text += f"; {len(found.excluded)} were left out, the first is {first.image!r}: {first.reason}"
    return text
