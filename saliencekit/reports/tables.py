"""Tables by class, group and condition; long ones show their ends and fold the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .glyph import close_axis, interval_glyph
from .level import LONG, Level, LevelTable
from .text import end_of_axis, interval, number

ENDS = 5

_TITLES = {
    "label": "By class",
    "group": "By group",
    "correct": "By prediction",
    "transform": "By transform",
    "amount": "By share of noisy pixels",
    "set": "By other set",
    "pair": "By pair of runs",
    "guide level": "By order and share of pixels",
}
_FACTS = {"label": "class", "group": "group", "correct": "prediction"}
_NAMES = {("correct", "True"): "right", ("correct", "False"): "wrong"}
_QUANTITIES = {
    ("out_of_set", "amount"): "SSIM with the clean map",
    ("degradation", "guide level"): "score",
}
_IN_ORDER = ("transform", "amount", "guide level")
_EXTRAS = {"shift": "shift", "effect_size": "Hedges' g", "wasserstein": "Wasserstein", "auroc": "AUROC"}


def level_tables(name: str, measure: Mapping[str, Any]) -> list[LevelTable]:
    """Return the tables of a measure: short ones by fact of the image as one, and one for each other factor.

    Parameters
    ----------
    name
        Of the measure.
    measure
        Its entry in the summary.
    """
    groups = {factor: levels for factor, levels in measure.get("groups", {}).items() if levels}
    own = "entropy in nats" if name == "out_of_set" else measure["unit"]
    facts = {factor: groups[factor] for factor in _FACTS if 0 < len(groups.get(factor, ())) <= LONG}
    tables = [joint_table(facts, own, close_axis(entries_of(facts)))] if facts else []
    for factor, levels in groups.items():
        if factor not in facts:
            tables.append(table_of(factor, _QUANTITIES.get((name, factor), own), levels, close_axis(levels.values())))
    return tables


def title_of(factor: str) -> str:
    """Return what a table is by, in words.

    >>> title_of("correct"), title_of("my_factor")
    ('By prediction', 'By my factor')
    """
    return _TITLES.get(factor, f"By {factor.replace('_', ' ')}")


def level_name(factor: str, level: str) -> str:
    """Return a level as it is shown: names of the data as they are.

    >>> level_name("correct", "True"), level_name("group", "True")
    ('right', 'True')
    """
    return _NAMES.get((factor, level), level)


def entries_of(factors: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> list[Mapping[str, Any]]:
    """Return the levels of all factors in one list."""
    return [entry for levels in factors.values() for entry in levels.values()]


def joint_table(
    factors: Mapping[str, Mapping[str, Mapping[str, Any]]], quantity: str, axis: tuple[float, float]
) -> LevelTable:
    """Return the levels of several factors as one table, on one axis.

    Parameters
    ----------
    factors
        Levels by factor.
    quantity
        What the values are, with their unit.
    axis
        Ends of the axis that all rows share.
    """
    entries = entries_of(factors)
    rows = [
        _level(level_name(factor, level), entry, axis, (), factor=_FACTS[factor])
        for factor, levels in factors.items()
        for level, entry in levels.items()
    ]
    words = [_FACTS[factor] for factor in factors]
    title = f"By {', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else f"By {words[0]}"
    return _table(title, quantity, rows, axis, entries)


def table_of(
    factor: str, quantity: str, levels: Mapping[str, Mapping[str, Any]], axis: tuple[float, float]
) -> LevelTable:
    """Return the table of one factor.

    Parameters
    ----------
    factor
        What the levels are levels of, as in the summary.
    quantity
        What the values are, with their unit.
    levels
        Value, interval, and so on, by level.
    axis
        Ends of the axis that all rows share.
    """
    extras = tuple(key for key in _EXTRAS if any(key in entry for entry in levels.values()))
    rows = {level: _level(level, entry, axis, extras) for level, entry in levels.items()}
    ends: tuple[Level, ...] = ()
    if len(rows) > LONG and factor not in _IN_ORDER:
        valued = {level: entry["value"] for level, entry in levels.items() if entry.get("value") is not None}
        by_value = sorted(valued, key=lambda level: valued[level])
        ends = tuple(rows[level] for level in (*by_value[:ENDS], *by_value[-ENDS:]))
    table = _table(title_of(factor), quantity, list(rows.values()), axis, list(levels.values()))
    return replace(table, ends=ends, extras=tuple(_EXTRAS[key] for key in extras))


def _table(
    title: str,
    quantity: str,
    rows: list[Level],
    axis: tuple[float, float],
    entries: list[Mapping[str, Any]],
) -> LevelTable:
    return LevelTable(
        title=title,
        quantity=quantity,
        levels=tuple(rows),
        axis=(end_of_axis(axis[0]), end_of_axis(axis[1])),
        flat=any("degenerate" in entry for entry in entries),
    )


def _level(
    name: str, entry: Mapping[str, Any], axis: tuple[float, float], keys: tuple[str, ...], *, factor: str = ""
) -> Level:
    extras = []
    for key in keys:
        words = number(entry.get(key))
        if key == "shift":
            words = f"{words} {interval(entry.get('shift_ci_low'), entry.get('shift_ci_high'))}".strip()
        extras.append(words)
    return Level(
        name=name,
        glyph=interval_glyph(entry, axis, ends=False),
        value=number(entry.get("value")),
        interval=interval(entry.get("ci_low"), entry.get("ci_high")),
        std=number(entry.get("std")),
        n=number(entry.get("n")),
        degenerate=number(entry["degenerate"]) if "degenerate" in entry else "",
        extras=tuple(extras),
        factor=factor,
    )
