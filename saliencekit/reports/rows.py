"""A summary as a flat table: a row a number, for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

from ..showing.names import shown

NUMBERS = ("value", "ci_low", "ci_high", "std", "n", "null", "degenerate")
COLUMNS = ("measure", "quantity", "factor", "level", *NUMBERS, "unit", "direction", "status", "reason")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # also of full width


def rows_of(summary: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a row for each number of a summary: the measures', their further quantities', their tables'."""
    for name, entry in summary["measures"].items():
        about = {"measure": name, "direction": entry.get("direction")}
        yield {
            **about,
            "quantity": name,
            **_numbers(entry),
            **{key: entry.get(key) for key in ("unit", "status", "reason")},
        }
        for other, each in entry.get("also", {}).items():
            yield {**about, "direction": "", "quantity": other, **_numbers(each), "unit": each.get("unit")}
        for factor, levels in entry.get("groups", {}).items():
            for level, each in levels.items():
                yield {**about, "quantity": name, "factor": factor, "level": level, **_numbers(each)}


def csv_of(summary: Mapping[str, Any]) -> str:
    """Return a summary as CSV with a header; a name that a spreadsheet would take for a formula gets a quote first."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for row in rows_of(summary):
        writer.writerow({key: _cell(each) for key, each in row.items()})
    return stream.getvalue()


def _numbers(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {key: entry.get(key) for key in NUMBERS}


def _cell(value: object) -> object:
    """Return a cell that is only read: no formula, no control character, nothing for what is not there.

    >>> _cell("=1+1"), _cell(-0.5), _cell(None)
    ("'=1+1", -0.5, '')
    """
    if value is None:
        return ""
    if not isinstance(value, str):
        return value
    return f"'{shown(value)}" if value.startswith(_FORMULA) else shown(value)
