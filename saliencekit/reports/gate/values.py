"""Names of an expression, and what they stand for in a summary."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ...auditing.outline import ANY
from ...errors import UsageError
from ...showing.names import shown
from ..findings import SEVERITIES, recorded_findings
from .tokens import WORDS, misplaced
from .tree import Name

Summary = Mapping[str, Any]
MOST_NAMED = 8


class MissingValue(Exception):
    """A name is known and has no value here; the message is the reason."""


def tables_of(summary: Summary) -> dict[str, Any]:
    """Return what names may begin with: the measures, the data's counts, and the number of findings by severity.

    >>> sorted(tables_of({"measures": {"entropy": {}}, "data": {"scored": 4, "source": "x"}}))
    ['data', 'entropy', 'findings']
    """
    counts = {name: each for name, each in summary.get("data", {}).items() if isinstance(each, int | float)}
    found = [each.severity for each in recorded_findings(summary)]
    severities = {severity: found.count(severity) for severity in SEVERITIES}
    return {**summary.get("measures", {}), "data": counts, "findings": severities}


def value_of(name: Name, summary: Summary, expression: str) -> float:
    """Return the number that a name stands for.

    Raises
    ------
    UsageError
        If there is no such name, or if it stands for no number; the nearest names are listed.
    MissingValue
        If its measure is not applicable, or if its number does not exist.
    """
    tables = tables_of(summary)
    measure = entry_of(name, tables, expression, depth=1)
    lacking = measure.get("status", "ok") != "ok"
    try:
        found = entry_of(name, tables, expression)
    except UsageError:
        if not lacking:
            raise
        found = None  # a measure that is not applicable has no tables
    if found is None:
        why = f"{shown(name.path[0])} is not applicable: {measure.get('reason') or 'no reason given'}"
        raise MissingValue(why if lacking else f"{words_of(name)} has no value")
    value = number_at(name, found, expression)
    if not math.isfinite(value):
        raise MissingValue(f"{words_of(name)} is no finite number")
    return value


def applicable(name: Name, summary: Summary, expression: str) -> bool:
    """Say whether a measure, or any other thing by its name, has a value here."""
    tables = tables_of(summary)
    if entry_of(name, tables, expression, depth=1).get("status", "ok") != "ok":
        return False
    return entry_of(name, tables, expression) is not None


def entry_of(name: Name, tables: Mapping[str, Any], expression: str, *, depth: int | None = None) -> Any:
    """Return what stands at the first ``depth`` parts of a path, at all of it by default.

    Inside something that has no value there is None; a table that has the key ``ANY`` has every other one too.

    Raises
    ------
    UsageError
        If there is no such part; the nearest are listed.
    """
    at: Any = tables
    for place, part in enumerate(name.path[:depth]):
        if at is None:
            return None
        if not isinstance(at, Mapping) or not (part in at or ANY in at):
            raise unknown(name, place, at if isinstance(at, Mapping) else {}, expression)
        at = at[part if part in at else ANY]
    return at


def number_at(name: Name, found: object, expression: str) -> float:
    """Return ``found``, which stands at a name, if it is a number.

    Raises
    ------
    UsageError
        If it is a word or a table; what is in the table is listed.
    """
    if isinstance(found, bool) or not isinstance(found, int | float):
        inside = f"; in it are {_listed(_plain(found))}" if isinstance(found, Mapping) and ANY not in found else ""
        raise misplaced(expression, name.place, f"{words_of(name)} is no number{inside}")
    return found


def unknown(name: Name, place: int, known: Mapping[str, Any], expression: str) -> UsageError:
    """Return the error for a part of a path that is not in the table ``known``."""
    where = f" in {words_of(Name(name.path[:place], name.places))}" if place else ""
    start = name.places[place]
    near = _nearest(name.path[place], known)
    deeper = [key for key, table in known.items() if isinstance(table, Mapping) and name.path[place] in table]
    if re.search(r"\w[+-]$", expression[:start]):
        hint = "a name with a sign in it stands in quotes"
    elif deeper:
        hint = f"it stands in {_quoted(deeper[0])}: {_quoted(deeper[0])}.{_quoted(name.path[place])}"
    elif near:
        hint = f"the nearest {'is' if len(near) == 1 else 'are'} {_listed(near)}"
    else:
        hint = f"there are {_listed(list(known))}" if known else "that is no table"
    return misplaced(expression, start, f"unknown name {shown(name.path[place])!r}{where}; {hint}")


def _nearest(word: str, known: Iterable[str]) -> list[str]:
    lower = {each.lower(): each for each in known}
    return [lower[each] for each in difflib.get_close_matches(word.lower(), lower, n=3, cutoff=0.5)]


def words_of(name: Name) -> str:
    """Return a name as it is written.

    >>> words_of(Name(("equivariance", "groups", "transform", "flip-lr"), (0, 13, 20, 30)))
    'equivariance.groups.transform."flip-lr"'
    """
    return ".".join(map(_quoted, name.path)) + (f" {name.change}" if name.change else "")


def _quoted(part: str) -> str:
    plain = re.fullmatch(r"[^\W\d]\w*", part) and part not in WORDS
    return part if plain else f"'{shown(part)}'" if '"' in part else f'"{shown(part)}"'


def _plain(table: Mapping[str, Any]) -> list[str]:
    return [key for key, each in table.items() if not isinstance(each, str) and key != "reason"]


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(map(_quoted, names[:MOST_NAMED])) + more
