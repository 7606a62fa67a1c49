"""From what a user names, a folder, a manifest, a Dataset or a tensor, to the images that are audited."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sized
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import Tensor
from torch.utils.data import Dataset

from ..data import Collection, ImageDataset, open_data, photographs
from ..errors import DataError
from ..preprocessing import Preprocessing
from .ready_made import ReadyMade
from .stamps import stamps_of
from .subjects import Subjects

Data = str | Path | Tensor | Dataset[Any] | Collection | None


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
        stamps=stamps_of(str(sample.path) for sample in samples),
    )


def _of_tensor(images: Tensor, name: str, limit: int | None) -> Subjects:
    if images.ndim != 4 or not len(images):
        raise DataError(f"expected `data` of shape (N, C, H, W) with N > 0, got {tuple(images.shape)}")
    images = images[:limit]
    numbers = _numbers(len(images))
    nothing = (None,) * len(images)
    dataset = ReadyMade(images)
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
    ready = ReadyMade(data)
    return Subjects(name, source, "dataset", _numbers(count), tuple(known), (None,) * count, classes, ready, True)


def _numbers(count: int) -> tuple[str, ...]:
    width = len(str(count - 1))
    return tuple(f"{each:0{width}d}" for each in range(count))
