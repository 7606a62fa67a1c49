"""What a data set is to the rest of the package: samples with identities, and what was left out and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from ..errors import UsageError, one_of

Kind = Literal["folder", "manifest", "cyborg", "photographs"]


@dataclass(frozen=True, slots=True)
class Sample:
    r"""One image and what is known about it before it is read.

    Parameters
    ----------
    image
        Identity: the POSIX path relative to the collection's root, unique in the collection. Bytes that are
        no UTF-8 appear escaped (``\xff``), so that it can be written to any file.
    path
        Where the file is.
    label
        Index into the collection's ``classes``, or None.
    split
        ``"train"``, ``"val"``, ``"test"``, another word of the manifest's, or None.
    group
        What results are broken down by (generator, camera, ...), or None.
    human_map
        The map that goes with the image, or None.
    """

    image: str
    path: Path
    label: int | None = None
    split: str | None = None
    group: str | None = None
    human_map: Path | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """An image that takes no part, and the reason in words."""

    image: str
    reason: str


@dataclass(frozen=True)
class Collection:
    """Images in the order of their identities.

    Parameters
    ----------
    name
        Short name for tables: the folder's or the file's.
    source
        What was opened, as the user wrote it.
    kind
        ``"folder"``, ``"manifest"``, ``"cyborg"`` or ``"photographs"``.
    samples
        Sorted by ``image``.
    classes
        Names of the classes by label; ``("real", "fake")`` for real and synthetic images, with the positive
        class 1 = fake; empty where nothing is labelled.
    excluded
        What was listed but takes no part: duplicates, dangling links, FIFOs with an image's name.
    left_out
        How many good samples ``split`` and ``limit`` left out.

    Notes
    -----
    Nothing is lost: what the source lists is ``len(samples) + len(excluded) + left_out``.
    """

    name: str
    source: str
    kind: Kind
    samples: tuple[Sample, ...]
    classes: tuple[str, ...] = ()
    excluded: tuple[Failure, ...] = ()
    left_out: int = 0

    def __len__(self) -> int:
        return len(self.samples)

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that the samples name, sorted."""
        return tuple(sorted({sample.split for sample in self.samples if sample.split is not None}))

    def restricted(self, *, split: str | None = None, limit: int | None = None) -> Collection:
        """Keep one split, and of that at most ``limit`` samples spread evenly over the sorted list.

        An even spread keeps the shares of classes and groups that lie in folders of their own, which the
        first ``limit`` would not, and it draws nothing at random.

        Raises
        ------
        UsageError
            If no sample is in ``split``, or ``limit`` is below 1.
        """
        samples = self.samples
        if split is not None:
            if not self.splits:
                raise UsageError(f"{self.source} has no splits: leave `split` out, it was {split!r}")
            one_of(split, self.splits, f"split of {self.source}")
            samples = tuple(sample for sample in samples if sample.split == split)
        if limit is not None:
            if limit < 1:
                raise UsageError(f"expected `limit` to be at least 1, got {limit}")
            kept = min(limit, len(samples))
            samples = tuple(samples[number * len(samples) // kept] for number in range(kept))
        return replace(self, samples=samples, left_out=self.left_out + len(self.samples) - len(samples))


def identity_of(relative: str) -> str:
    r"""Return a path that any file can hold: bytes that are no UTF-8 are written as ``\xff``.

    >>> identity_of("real/caf\udce9.png")
    'real/caf\\xe9.png'
    >>> identity_of("real/\u9854.png")
    'real/顔.png'
    """
    return relative.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
