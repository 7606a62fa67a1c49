"""From records to numbers with intervals: what ``summary.json`` says of each measure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from ..measures import Measure, Quantity
from .collecting import Collected, Column, collect
from .numbers import Plain, interval, mean, over_null

if TYPE_CHECKING:
    import pandas as pd


def about(measure: Measure) -> Plain:
    """Return what a measure says of itself."""
    names = ("question", "unit", "value_range", "direction", "null_is", "reading")
    return {name: getattr(measure, name) for name in names}


def not_applicable(measure: Measure, reason: str) -> Plain:
    """Return the entry of a measure that has no value, with the reason."""
    empty = dict.fromkeys(("value", "ci_low", "ci_high", "std", "null", "over_null"))
    return {
        "status": "not applicable",
        "reason": reason,
        **about(measure),
        **empty,
        "n": 0,
        "degenerate": 0,
        "also": {},
        "groups": {},
    }


def summarise(
    measure: Measure,
    pieces: Iterable[pd.DataFrame],
    known: pd.DataFrame,
    *,
    seed: int,
    nulls: Mapping[str, float] = {},
) -> Plain:
    """Return a measure's entry: value, interval, spread, count, null value, further quantities, groups.

    Parameters
    ----------
    pieces
        The records of the measure, cut anywhere but within an image: one piece is in memory at a time.
    known
        What is known of each image: indexed by ``image``, columns ``label group correct degenerate``.
    seed
        Of the bootstrap.
    nulls
        Null values that are one number for the whole set, by the column they belong to.
    """
    return summarised(measure, collect(measure, pieces), known, seed, nulls)


def summarised(
    measure: Measure, collected: Collected, known: pd.DataFrame, seed: int, nulls: Mapping[str, float] = {}
) -> Plain:
    """Do what :func:`summarise` does, with records that are collected already."""
    images = collected.images
    facts = known.reindex(images.index)

    def described(quantity: Quantity) -> Plain:
        null = nulls.get(quantity.column, mean(images.get(quantity.null)))
        over = over_null(images, quantity, seed)
        return {**interval(images[quantity.column], seed), "null": null, "over_null": over}

    return {
        "status": "ok",
        "reason": None,
        **about(measure),
        **described(measure.headline),
        "degenerate": int(facts["degenerate"].sum()),
        "also": {name: {"unit": each.unit, **described(each)} for name, each in measure.also.items()},
        "groups": {
            **_by_fact(images[measure.headline.column], facts, seed),
            **_by_condition(measure, collected, seed),
        },
    }


def _by_fact(column: pd.Series, facts: pd.DataFrame, seed: int) -> Plain:
    tables: Plain = {}
    for factor in ("label", "group", "correct"):
        levels = facts[factor].dropna().unique()
        if len(levels):
            picked = {
                str(level): (facts[factor] == level).fillna(False).to_numpy(dtype=bool) for level in sorted(levels)
            }
            tables[factor] = {
                level: {**interval(column[rows], seed), "degenerate": int(facts["degenerate"][rows].sum())}
                for level, rows in picked.items()
            }
    return tables


def _by_condition(measure: Measure, collected: Collected, seed: int) -> Plain:
    if not measure.factor:
        return {}
    between = " / " if measure.factor == "pair" else " "  # names of runs may hold blanks
    return {
        measure.factor: {
            _level(key, between): {**interval(each.numbers(), seed), "degenerate": each.degenerate, **_gap(each, seed)}
            for key, each in collected.levels.items()
        }
    }


def _gap(level: Column, seed: int) -> Plain:
    """Return the null value of a condition and the distance from it, where each image has a null value of its own."""
    if not level.nulls:
        return {}
    values, nulls = level.numbers(), level.null_numbers()
    both = values.isfinite() & nulls.isfinite()
    gap = interval((values - nulls)[both], seed)
    return {"null": float(nulls[both].mean()) if both.any() else None, "over_null": gap}


def _level(key: tuple[object, ...], between: str) -> str:
    words = [f"{part:g}" if isinstance(part, float) else str(part) for part in key]
    return between.join(word for word in words if word)
