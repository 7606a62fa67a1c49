"""What is audited: a folder, a manifest, a Dataset or a tensor, all seen as numbered, named images."""

from __future__ import annotations

import hashlib
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence, Sized
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from ..data import Collection, Decoded, Failure, ImageBatch, ImageDataset, collate, open_data, photographs
from ..errors import DataError
from ..preprocessing import Preprocessing

Data = str | Path | Tensor | Dataset[Any] | Collection | None


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

    def fingerprint(self) -> str:
        """Return a hash of names, labels and groups, of the files' sizes and times, and of a tensor's values."""
        content = hashlib.sha256(repr((self.images, self.labels, self.groups)).encode("utf-8", "backslashreplace"))
        if isinstance(self.dataset, _Ready) and isinstance(self.dataset.images, Tensor):
            content.update(self.dataset.images.detach().cpu().contiguous().numpy().tobytes())
        if isinstance(self.dataset, ImageDataset):
            for number in range(len(self.images)):
                content.update(_stamp(self.dataset.path(number)))
        return content.hexdigest()

    def class_name(self, label: int | None) -> str | None:
        """Return the name of a label; its number where the data names none."""
        if label is None:
            return None
        return self.classes[label] if label < len(self.classes) else str(label)

    def label_tensor(self, index: Sequence[int]) -> Tensor | None:
        """Return the labels of some images ``(n,)``, or None if one of them has none."""
        labels = [self.labels[each] for each in index]
        return None if None in labels else torch.tensor(cast(list[int], labels), dtype=torch.long)

    def loader(self, batches: Sequence[Sequence[int]], *, workers: int) -> Iterable[ImageBatch]:
        """Return the batches of these image numbers, decoded in ``workers`` processes."""
        return DataLoader(
            self.dataset,
            batch_sampler=cast(Any, batches),
            collate_fn=collate,
            num_workers=workers,
            worker_init_fn=_leave_signals_to_the_parent,
            generator=torch.Generator(),  # else each loader draws a number from the global one
            prefetch_factor=4 if workers else None,
        )


def subjects_of(
    data: Data,
    preprocessing: Preprocessing,
    *,
    name: str = "data",
    split: str = "auto",
    limit: int | None = None,
) -> Subjects:
    """Return the images of a path, a manifest, a Dataset, a tensor or a collection; None is the photographs.

    Raises
    ------
    DataError
        If there is no image, or no such path.
    """
    if isinstance(data, Tensor):
        return _of_tensor(data, name, limit)
    if isinstance(data, Dataset):
        return _of_dataset(data, name, limit)
    if data is None:
        collection = photographs()
    elif isinstance(data, Collection):
        collection = data
    elif isinstance(data, str | Path):
        collection = open_data(data)
    else:
        raise DataError(
            f"expected `data` to be a path, a tensor (N, C, H, W), a Dataset or a Collection, got {type(data).__name__}"
        )
    subjects = _of_collection(_chosen(collection, split, limit), preprocessing, name)
    splits = Counter(sample.split for sample in collection.samples if sample.split is not None)
    return replace(subjects, splits=dict(sorted(splits.items())))


def _chosen(collection: Collection, split: str, limit: int | None) -> Collection:
    if split == "auto":
        split = "test" if any(sample.split == "test" for sample in collection.samples) else ""
    chosen = collection.restricted(split=split or None, limit=limit)
    return replace(chosen, source=f"{collection.source} (split {split})") if split else chosen


def _of_collection(collection: Collection, preprocessing: Preprocessing, name: str) -> Subjects:
    samples = collection.samples
    return Subjects(
        name=name,
        source=collection.source,
        kind=collection.kind,
        images=tuple(sample.image for sample in samples),
        labels=tuple(sample.label for sample in samples),
        groups=tuple(sample.group for sample in samples),
        classes=collection.classes,
        dataset=ImageDataset(collection, preprocessing),
        excluded=collection.excluded,
        left_out=collection.left_out,
    )


def _of_tensor(images: Tensor, name: str, limit: int | None) -> Subjects:
    if images.ndim != 4 or not len(images):
        raise DataError(f"expected `data` of shape (N, C, H, W) with N > 0, got {tuple(images.shape)}")
    images = images[:limit]
    numbers = _numbers(len(images))
    nothing = (None,) * len(images)
    dataset = _Ready(images)
    return Subjects(name, f"tensor {tuple(images.shape)}", "tensor", numbers, nothing, nothing, (), dataset, True)


def _of_dataset(data: Dataset[Any], name: str, limit: int | None) -> Subjects:
    if not isinstance(data, Sized):
        raise DataError("expected a Dataset with a length, got an iterable one: images must be numbered")
    count = min(len(data), limit or len(data))
    if not count:
        raise DataError("the Dataset is empty")
    labels = getattr(data, "targets", None)
    known = [int(each) for each in labels[:count]] if labels is not None else [None] * count
    classes = tuple(str(each) for each in getattr(data, "classes", ()))
    source = f"{type(data).__name__} of {count} images"
    ready = _Ready(data)
    return Subjects(name, source, "dataset", _numbers(count), tuple(known), (None,) * count, classes, ready, True)


def _numbers(count: int) -> tuple[str, ...]:
    width = len(str(count - 1))
    return tuple(f"{each:0{width}d}" for each in range(count))


class _Ready(Dataset[Decoded]):
    """Images that are tensors already: item i of a tensor, or of a Dataset of images or (image, ...)."""

    def __init__(self, images: Tensor | Dataset[Any]) -> None:
        self.images = images
        self.shape: tuple[int, ...] = ()

    def __getitem__(self, index: int) -> Decoded:
        item = self.images[index]
        image = item[0] if isinstance(item, tuple | list) else item
        if isinstance(image, Tensor) and image.ndim == 3:
            self.shape = self.shape or tuple(image.shape)
            if tuple(image.shape) != self.shape:
                raise DataError(
                    f"expected images of one size, got {self.shape} and, of item {index}, {tuple(image.shape)}"
                )
        else:
            raise DataError(
                f"expected item {index} of the Dataset to be an image tensor (C, H, W) or to begin with one, "
                f"got {type(image).__name__}"
            )
        return Decoded(index=index, pixels=image, failure=None)


def _stamp(path: str) -> bytes:
    """What changes when a file is replaced: its size and its time of change; nothing for a file that is not there."""
    try:
        found = os.stat(path)
    except OSError:
        return b"-"
    return f"{found.st_size} {found.st_mtime_ns};".encode()


def _leave_signals_to_the_parent(worker: int) -> None:
    """A signal to the group stops the parent, which stops its workers; they say nothing of their own."""
    del worker
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


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
