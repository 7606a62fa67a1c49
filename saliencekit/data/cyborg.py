"""The CSV files of the CYBORG authors: no header, ``split,class,path``."""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import DataError
from .labels import BINARY_CLASSES, SPLIT_WORDS, binary_label
from .samples import Collection, Failure, Sample, identity_of
from .table import PathRule, read_rows, read_text


def is_cyborg(first_line: str) -> bool:
    """Return whether this line looks like a row of the authors' files.

    >>> is_cyborg("train,Synthetic,/train/original_data/1_fake/x.png"), is_cyborg("path,label")
    (True, False)
    """
    fields = first_line.split(",")
    if len(fields) != 3:
        return False
    return fields[0].strip().lower() in SPLIT_WORDS and binary_label(fields[1]) is not None


def open_cyborg(
    table: str | os.PathLike[str], *, root: str | os.PathLike[str] | None = None, allow_outside: bool = False
) -> Collection:
    """Read a CSV of the CYBORG authors; Real = 0, Synthetic = 1.

    In a file that has rows marked ``train``, those marked ``test`` are the validation set, as the authors use
    them. A file without ``train`` rows is a test set.

    Parameters
    ----------
    table
        The CSV. Its paths begin with a slash that stands for ``root``.
    root
        Folder of the images; the CSV's own by default.
    allow_outside
        Take paths that lead out of ``root`` by ``..`` as well.

    Raises
    ------
    DataError
        In one sentence with the line: a row that is not ``split,class,path``, a path that leads out of
        ``root``, a path with two classes or in two splits.

    References
    ----------
    Boyd, Tinsley, Bowyer, Czajka, "CYBORG: Blending Human Saliency Into the Loss Improves Deep Learning",
    WACV 2023, https://arxiv.org/abs/2112.00686
    """
    path = Path(table)
    rule = PathRule(Path(root) if root is not None else path.parent, source=path, allow_outside=allow_outside)
    samples: dict[str, tuple[Sample, int]] = {}
    excluded: list[Failure] = []
    rows = list(read_rows(read_text(path), separator=",", source=path))
    training = any(row[0].strip().lower() in ("train", "training") for _, row in rows)
    for line, row in rows:
        sample = _sample(row, line, rule, training)
        if sample.image not in samples:
            samples[sample.image] = (sample, line)
            continue
        first, first_line = samples[sample.image]
        if (first.label, first.split) != (sample.label, sample.split):
            raise DataError(f"{path} lists {sample.image!r} in two classes or splits, in lines {first_line} and {line}")
        excluded.append(Failure(sample.image, f"line {line} lists it again, after line {first_line}"))
    ordered = tuple(samples[identity][0] for identity in sorted(samples))
    return Collection(path.stem, os.fspath(table), "cyborg", ordered, BINARY_CLASSES, tuple(excluded))


def _sample(row: list[str], line: int, rule: PathRule, training: bool) -> Sample:
    if len(row) != 3:
        raise DataError(f"line {line} of {rule.source} has {len(row)} fields: expected split,class,path")
    split = SPLIT_WORDS.get(row[0].strip().lower())
    label = binary_label(row[1])
    if split is None:
        raise DataError(f"line {line} of {rule.source}: split {row[0]!r}: expected train, val or test")
    if label is None:
        raise DataError(f"line {line} of {rule.source}: class {row[1]!r}: expected Real or Synthetic")
    if training and split == "test":
        split = "val"
    relative = rule.relative(row[2].lstrip("/"), line)
    return Sample(identity_of(relative), rule.root / relative, label, split)
