"""What is evaluated: images by number, with their names, classes and generators packed small."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..data import Collection, Failure, ImageDataset, Sample, open_data
from ..data.packing import PackedTexts
from ..errors import DataError, UsageError
from ..preprocessing import Preprocessing
from .classes import synthetic_label

Data = str | Path | Collection | Sequence[str | Path | Collection]
WHOLE = "all"


@dataclass(frozen=True)
class Subjects:
    """Images of one split, 20 bytes and the name each.

    Parameters
    ----------
    source, kind
        Where they came from, in words.
    split
        The split they are; None where the data are taken whole.
    names
        Of the images.
    synthetic
        (n,) bool.
    group, part
        (n,), numbers into ``groups`` and ``parts``; -1 where an image has none.
    groups, parts
        Names of the groups and of the splits.
    dataset
        Item ``i`` is image ``i``.
    excluded, left_out
        As of :class:`~saliencekit.data.Collection`.
    """

    source: str
    kind: str
    split: str | None
    names: PackedTexts
    synthetic: np.ndarray
    group: np.ndarray
    part: np.ndarray
    groups: tuple[str, ...]
    parts: tuple[str, ...]
    dataset: ImageDataset
    excluded: tuple[Failure, ...] = ()
    left_out: int = 0

    def __len__(self) -> int:
        return len(self.names)

    def name(self, index: int) -> str:
        """Return the name of an image."""
        return self.names[index]

    def group_of(self, index: int) -> str:
        """Return the group of an image; nothing where it has none."""
        return self.groups[self.group[index]] if self.group[index] >= 0 else ""

    def split_of(self, index: int) -> str:
        """Return the split of an image; nothing where it has none."""
        return self.parts[self.part[index]] if self.part[index] >= 0 else ""


def open_all(data: Data, *, allow_outside: bool = False) -> Collection:
    """Return the images of one source, or of several as one: the CYBORG authors have a table a generator.

    Of several, an image is named after its source first, and a source's synthetic images that have no group are the
    group of its name. A file that an earlier source listed is left out by name. ``allow_outside`` is that of
    :func:`~saliencekit.data.open_data`.

    Raises
    ------
    DataError
        If a source cannot be opened, or two differ in their classes or in a file's label.
    """
    given = [data] if isinstance(data, str | Path | Collection) else list(data)
    if not given:
        raise UsageError("expected `data`, got no source")
    found = [each if isinstance(each, Collection) else open_data(each, allow_outside=allow_outside) for each in given]
    return found[0] if len(found) == 1 else _joined(found)


def _joined(found: Sequence[Collection]) -> Collection:
    first, names, samples, excluded = found[0], list[str](), list[Sample](), list[Failure]()
    seen: dict[Path, tuple[Sample, str]] = {}
    for number, each in enumerate(found, start=1):
        name = each.name if each.name not in names else f"{each.name} ({number})"
        names.append(name)
        if each.classes != first.classes:
            raise DataError(
                f"expected the classes of {first.source}, {first.classes}, in {each.source}: {each.classes}"
            )
        excluded += [replace(failure, image=f"{name}/{failure.image}") for failure in each.excluded]
        for sample in each.samples:
            image = f"{name}/{sample.image}"
            before = seen.setdefault(sample.path, (sample, image))
            if before[0] is sample:
                group = sample.group or (name if synthetic_label(each.classes) == sample.label else None)
                samples.append(replace(sample, image=image, group=group))
            elif before[0].label != sample.label:
                raise DataError(f"{before[1]} and {image} are one file with two labels")
            else:
                excluded.append(Failure(image, f"it is listed before, as {before[1]}"))
    return Collection(
        name=", ".join(names),
        source=", ".join(each.source for each in found),
        kind=first.kind,
        samples=tuple(sorted(samples, key=lambda sample: sample.image)),
        classes=first.classes,
        excluded=tuple(excluded),
        left_out=sum(each.left_out for each in found),
    )


def subjects_of(
    collection: Collection,
    preprocessing: Preprocessing,
    *,
    split: str,
    limit: int | None = None,
    classes: Sequence[str] = (),
) -> Subjects:
    """Return the images of a split, packed.

    Parameters
    ----------
    collection
        From :func:`open_all`.
    split
        ``"all"``, or a split; data without any splits are taken whole.
    classes
        Of the model, for telling which label is the synthetic one.

    Raises
    ------
    UsageError
        If there is no such split.
    DataError
        If images have no labels, or other classes than two.
    """
    whole = not collection.splits or (split == WHOLE and WHOLE not in collection.splits)
    chosen = collection.restricted(split=None if whole else split, limit=limit)
    positive = synthetic_label(chosen.classes, classes)
    labels = np.fromiter((-1 if each.label is None else each.label for each in chosen.samples), np.int32)
    if (labels < 0).any():
        image = chosen.samples[int(np.argmax(labels < 0))].image
        raise DataError(f"an evaluation needs a label for each image, and {chosen.source} has none for {image}")
    group, groups = _coded([each.group for each in chosen.samples])
    part, parts = _coded([each.split for each in chosen.samples])
    return Subjects(
        source=chosen.source,
        kind=chosen.kind,
        split=None if whole else split,
        names=PackedTexts(each.image for each in chosen.samples),
        synthetic=labels == positive,
        group=group,
        part=part,
        groups=groups,
        parts=parts,
        dataset=ImageDataset(chosen, preprocessing),
        excluded=chosen.excluded,
        left_out=chosen.left_out,
    )


def _coded(words: Sequence[str | None]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return words as numbers into the sorted tuple of them; -1 for None."""
    known = tuple(sorted({word for word in words if word is not None}))
    place: dict[str | None, int] = {word: number for number, word in enumerate(known)}
    place[None] = -1
    return np.fromiter((place[word] for word in words), np.int32, len(words)), known
