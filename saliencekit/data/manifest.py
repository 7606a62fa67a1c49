"""Manifests: a CSV with a header, one image a row."""

from __future__ import annotations

import csv
import difflib
import os
from dataclasses import dataclass
from pathlib import Path

from ..errors import DataError
from .labels import resolve_labels, split_name
from .samples import Collection, Failure, Sample, identity_of
from .table import SEPARATORS, PathRule, first_line, read_rows, read_text

REQUIRED = ("path", "label")
OPTIONAL = ("split", "group", "human_map")


@dataclass(frozen=True, slots=True)
class _Table:
    """The columns as they are written, a text per row, and the line that each row ends in."""

    path: Path
    lines: list[int]
    columns: dict[str, list[str]]


def open_manifest(manifest: str | os.PathLike[str], *, allow_outside: bool = False) -> Collection:
    """Read a CSV with the header ``path,label[,split,group,human_map]``.

    Columns may stand in any order and be separated by commas, semicolons or tabs; other columns are not read.
    Paths are relative to the manifest's folder and may lead out of it only with ``allow_outside``. Labels are
    real and fake (or words that mean the same), 0 and 1, other class numbers, or class names; they may be
    empty only if all are.
    A path listed again with the same label and split is left out by name. No image is looked at: one that is
    missing is found, counted and named when it is read.

    Raises
    ------
    DataError
        In one sentence with the line: missing or doubled columns, no rows, faulty quotes, rows of the wrong
        length, mixed or missing labels, a path that leads out, a path with two labels or in two splits.
    EnvironmentFault
        If the file may not be read.
    """
    path = Path(manifest)
    table = _read(path)
    classes, label = _labels(table)
    samples, excluded = _collect(table, label, PathRule(path.parent, source=path, allow_outside=allow_outside))
    name = path.resolve().parent.name if path.stem == "manifest" else path.stem
    return Collection(name, os.fspath(manifest), "manifest", samples, classes, excluded)


def read_column(
    manifest: str | os.PathLike[str], column: str, *, allow_outside: bool = False
) -> tuple[list[str], list[str]]:
    """Return, row by row, the image and what any column says of it, one that :func:`open_manifest` skips too.

    Raises
    ------
    DataError
        Where :func:`open_manifest` does for faults of the table, and if there is no such column.
    """
    path = Path(manifest)
    word = column.strip().lower()
    table = _read(path, extra=word)
    rule = PathRule(path.parent, source=path, allow_outside=allow_outside)
    written = zip(table.columns["path"], table.lines, strict=True)
    images = [identity_of(rule.relative(each, line)) for each, line in written]
    clean = {each: identity_of(each.strip()) for each in set(table.columns[word])}
    return images, [clean[each] for each in table.columns[word]]


def find_header(first: str) -> tuple[str, list[str]] | None:
    """Return the separator and the column names if this line is a manifest's header, else None.

    >>> find_header("Path;Label;group")
    (';', ['path', 'label', 'group'])
    >>> find_header("train,Real,/a.png") is None
    True
    """
    for separator in SEPARATORS:
        try:
            fields = next(csv.reader([first], delimiter=separator), [])
        except csv.Error:
            continue
        columns = [field.strip().lower() for field in fields]
        if set(REQUIRED) & set(columns) and (len(columns) > 1 or separator == SEPARATORS[-1]):
            return separator, columns
    return None


def _columns(columns: list[str], path: Path, extra: str | None) -> dict[str, int]:
    if extra is not None and columns.count(extra) != 1:
        has = f"{columns.count(extra)} columns {extra!r}" if extra in columns else f"no column {extra!r}"
        raise DataError(f"the header of {path} has {has}: it has {', '.join(columns)}")
    for name in (*REQUIRED, *OPTIONAL):
        if columns.count(name) > 1:
            raise DataError(f"the header of {path} has the column {name!r} {columns.count(name)} times")
    for name in (*REQUIRED, *OPTIONAL):
        unknown = [column for column in columns if column not in (*REQUIRED, *OPTIONAL)]
        near = difflib.get_close_matches(name, unknown, n=1, cutoff=0.75)
        if name not in columns and near:
            raise DataError(f"the header of {path} has a column {near[0]!r} and no {name!r}: is that meant?")
        if name not in columns and name in REQUIRED:
            raise DataError(
                f"the header of {path} has no column {name!r}: expected path,label[,split,group,human_map],"
                f" got {','.join(columns)}"
            )
    wanted = (*REQUIRED, *OPTIONAL) if extra is None else (*REQUIRED, *OPTIONAL, extra)
    return {name: columns.index(name) for name in wanted if name in columns}


def _read(path: Path, extra: str | None = None) -> _Table:
    text = read_text(path)
    header = find_header(first_line(text))
    if header is None:
        raise DataError(f"{path} has no header: expected its first line to be {','.join(REQUIRED)}[,...]")
    separator, names = header
    places = _columns(names, path, extra)
    lines, rows = [], []
    for line, row in read_rows(text, separator=separator, source=path):
        if len(row) != len(names):
            raise DataError(f"line {line} of {path} has {len(row)} fields, the header has {len(names)}")
        lines.append(line)
        rows.append(row)
    if len(rows) < 2:
        raise DataError(f"{path} has a header and no rows: there is nothing to read")
    columns = {name: [row[at] for row in rows[1:]] for name, at in places.items()}
    for name in ("label", "split", "group"):
        if name in columns:
            clean = {word: identity_of(word.strip()) for word in set(columns[name])}
            columns[name] = [clean[word] for word in columns[name]]
    return _Table(path, lines[1:], columns)


def _labels(table: _Table) -> tuple[tuple[str, ...], dict[str, int]]:
    """Return the classes and the label of each word; both empty where no row has a label."""
    first = dict(zip(reversed(table.columns["label"]), reversed(table.lines), strict=True))
    if "" in first and len(first) > 1:
        raise DataError(f"line {first['']} of {table.path} has no label, while others have: fill all or none")
    if "" in first:
        return (), {}
    try:
        return resolve_labels({word: f"line {line}" for word, line in first.items()})
    except DataError as error:
        raise DataError(f"in {table.path}, {error}") from error


def _collect(table: _Table, label: dict[str, int], rule: PathRule) -> tuple[tuple[Sample, ...], tuple[Failure, ...]]:
    empty = [""] * len(table.lines)
    splits, groups, maps = (table.columns.get(name, empty) for name in OPTIONAL)
    split_of = {word: split_name(word) or None for word in set(splits)}
    samples: dict[str, Sample] = {}
    line_of: dict[str, int] = {}
    excluded: list[Failure] = []
    rows = zip(table.lines, table.columns["path"], table.columns["label"], splits, groups, maps, strict=True)
    for line, written, word, split, group, human_map in rows:
        relative = rule.relative(written, line)
        identity = relative if relative.isascii() else identity_of(relative)
        mapped = rule.root / rule.relative(human_map, line) if human_map else None
        sample = Sample(identity, rule.root / relative, label.get(word), split_of[split], group or None, mapped)
        if identity in samples:
            _same_or_refuse(samples[identity], line_of[identity], sample, line, table.path)
            reason = f"line {line} lists it again, after line {line_of[identity]}"
            excluded.append(Failure(identity, reason))
        else:
            samples[identity] = sample
            line_of[identity] = line
    return tuple(samples[identity] for identity in sorted(samples)), tuple(excluded)


def _same_or_refuse(first: Sample, one_line: int, second: Sample, other_line: int, path: Path) -> None:
    for what, one, other in (("labels", first.label, second.label), ("splits", first.split, second.split)):
        if one != other:
            raise DataError(f"{path} lists {first.image!r} with two {what}, in lines {one_line} and {other_line}")
