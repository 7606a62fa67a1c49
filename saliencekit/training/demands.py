"""What training demands of a data set, each refused in one sentence."""

from __future__ import annotations

from ..data import Collection
from ..errors import DataError
from .caching import Loaded


def check_labels(collection: Collection, split: str) -> None:
    """Refuse a collection without labels, and a split that is empty or lacks a class."""
    source = collection.source
    if not collection.classes:
        raise DataError(f"{source} has no labels, so no detector can be trained on it")
    labels = {sample.label for sample in collection.samples if sample.split == split}
    if not labels:
        there = ", ".join(collection.splits) or "no splits at all"
        raise DataError(f"no image of {source} is in the split {split!r}: it has {there}")
    for label, word in enumerate(collection.classes):
        if label not in labels:
            raise DataError(f"no image of the split {split!r} of {source} is of the class {word!r}")


def check_readable(collection: Collection, split: str, loaded: Loaded, *, max_unreadable: float) -> None:
    """Refuse a split of which more than this share cannot be read, or all of a class."""
    bad = len(loaded.skipped)
    listed = bad + len(loaded)
    if bad > max_unreadable * listed:
        first = loaded.skipped[0]
        raise DataError(
            f"{bad} of {listed} images of the split {split!r} of {collection.source} cannot be "
            f"read, the first is {first.image!r}: {first.reason}"
        )
    left = set(loaded.labels.tolist())
    for label, word in enumerate(collection.classes):
        if label not in left:
            raise DataError(f"no image of the class {word!r} in the split {split!r} of {collection.source} can be read")


def check_maps(collection: Collection, train: Loaded, *, needed_by: str | None) -> None:
    """Refuse training images without any human map, if ``needed_by`` names a loss that learns from them."""
    if needed_by is None or train.has_map.any():
        return
    why = f"; the first that was left out: {train.maps_skipped[0].reason}" if train.maps_skipped else ""
    raise DataError(
        f"the loss {needed_by!r} needs human maps, and no training image of {collection.source} has one that"
        f" can be used{why}"
    )
