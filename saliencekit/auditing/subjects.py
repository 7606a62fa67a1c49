"""What is audited: numbered, named images, whatever they came from, and how to get at their pixels."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

import torch
from torch import Tensor
from torch.utils.data import Dataset

from ..data import Decoded, Failure, ImageBatch, ImageDataset, collate
from ..data.parallel import in_workers
from ..models.digest import tensors_digest
from ..preprocessing import Preprocessing
from .ready_made import ReadyMade
from .stamps import differing, stamps_of


@dataclass(frozen=True)
class Subjects:
    """Images with their names, labels and groups, and how to get at their pixels.

    Parameters
    ----------
    name
        Short, for tables; ``source`` is where they came from, in words.
    images
        Unique name of each image; random draws depend on it and on nothing else.
    labels, groups
        One an image; None where unknown.
    classes
        Names of the labels; may be empty.
    dataset
        Item ``i`` is a :class:`~saliencekit.data.Decoded` of image ``i``.
    as_network_takes
        True for tensors and Datasets: no preprocessing is applied to them.
    excluded
        Listed images that are left out on purpose, with the reason.
    left_out
        How many further ones the split and the limit left out.
    splits
        How many images the data have in each split, those left out too; empty where there is no split.
    stamps
        Of the files, as :func:`~saliencekit.auditing.stamps.stamps_of` has them; empty where there are none.
    """

    name: str
    source: str
    kind: str
    images: tuple[str, ...]
    labels: tuple[int | None, ...]
    groups: tuple[str | None, ...]
    classes: tuple[str, ...]
    dataset: Dataset[Decoded]
    as_network_takes: bool = False
    excluded: tuple[Failure, ...] = ()
    left_out: int = 0
    splits: Mapping[str, int] = field(default_factory=dict)
    stamps: array[int] = field(default_factory=lambda: array("q"))

    def fingerprint(self) -> str:
        """Return a hash of names, labels and groups, of the files' sizes and times, and of a tensor's values."""
        content = hashlib.sha256(repr((self.images, self.labels, self.groups)).encode("utf-8", "backslashreplace"))
        if isinstance(self.dataset, ReadyMade) and isinstance(self.dataset.images, Tensor):
            content.update(tensors_digest({"images": self.dataset.images}).encode())
        content.update(self.stamps.tobytes())
        return content.hexdigest()

    def changed(self) -> list[str]:
        """Return the images whose files are not what they were when they were listed."""
        if not isinstance(self.dataset, ImageDataset):
            return []
        now = stamps_of(self.dataset.path(number) for number in range(len(self.images)))
        return [self.images[place] for place in differing(self.stamps, now)]

    def class_name(self, label: int | None) -> str | None:
        """Return the name of a label; its number where the data names none."""
        if label is None:
            return None
        return self.classes[label] if label < len(self.classes) else str(label)

    def label_tensor(self, index: Sequence[int]) -> Tensor | None:
        """Return the labels of some images ``(n,)``, or None if one of them has none."""
        labels = [self.labels[each] for each in index]
        return None if None in labels else torch.tensor(cast(list[int], labels), dtype=torch.long)

    def loader(self, batches: Sequence[Sequence[int]], *, workers: int) -> Iterator[ImageBatch]:
        """Return the batches of these image numbers, decoded in ``workers`` processes."""
        return in_workers(_Batches(self.dataset), batches, workers=workers)


class _Batches:
    """The images of these numbers as one batch."""

    def __init__(self, images: Dataset[Decoded]) -> None:
        self.images = images

    def __getitem__(self, numbers: Sequence[int]) -> ImageBatch:
        return collate([self.images[number] for number in numbers])


def aligned(subjects: Subjects, classes: tuple[str, ...]) -> Subjects:
    """Return the images with their labels numbered as the model numbers them, where both name their classes."""
    if not classes or classes == subjects.classes or not set(subjects.classes) <= set(classes):
        return subjects
    if not subjects.classes:  # numbers alone are the model's
        return replace(subjects, classes=classes) if any(each is not None for each in subjects.labels) else subjects
    place = {name: number for number, name in enumerate(classes)}
    labels = tuple(None if each is None else place[subjects.classes[each]] for each in subjects.labels)
    return replace(subjects, labels=labels, classes=classes)


def batches_of(numbers: Sequence[int], size: int) -> list[list[int]]:
    """Cut numbers into batches.

    >>> batches_of([0, 1, 2], 2)
    [[0, 1], [2]]
    """
    return [list(numbers[start : start + size]) for start in range(0, len(numbers), size)]


Normalise = Callable[[Tensor], Tensor]


def normaliser(preprocessing: Preprocessing, device: torch.device) -> Normalise:
    """Return the function ``(x - mean) / std`` per channel, for images ``(N, C, H, W)`` on ``device``."""
    mean = torch.tensor(preprocessing.mean, device=device).view(1, -1, 1, 1)
    std = torch.tensor(preprocessing.std, device=device).view(1, -1, 1, 1)
    return lambda images: (images - mean) / std
