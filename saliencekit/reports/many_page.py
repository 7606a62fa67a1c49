"""The page of a comparison of many, and its numbers as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..files import write_json, write_text
from .comparison_page import about_family, row_of
from .difference import Difference
from .glyph import close_axis, difference_axis, interval_glyph
from .page import render
from .text import DIRECTIONS, NOTHING, counted, interval, number, titled
from .words import quantity_words

if TYPE_CHECKING:
    from .comparison import Comparison
    from .families import Family
    from .many import ManyComparison


def write_many(found: ManyComparison, families: Sequence[Family], folder: Path) -> Path:
    """Write ``comparison.json`` and ``comparison.html`` into ``folder``, and return the page's path.

    Raises
    ------
    EnvironmentFault
        If the folder cannot be written.
    """
    write_json(folder / "comparison.json", found.to_dict())
    values = {
        "found": found,
        "audits": [about_family(str(place), each) for place, each in enumerate(families, start=1)],
        "rows": [_row(found, measure) for measure in found.measures],
        "counted": counted,
    }
    page = folder / "comparison.html"
    write_text(page, render("many.html.j2", values))
    return page


def _row(found: ManyComparison, measure: str) -> dict[str, Any]:
    pairs = [(one, each) for one in found.comparisons if (each := _of(one, measure)) is not None]
    changes = [{**asdict(each.difference), "null": 0.0} for _, each in pairs if each.difference is not None]
    axis = difference_axis(changes)
    spans = {name: found.value(measure, name) for name in found.names}
    entries = [asdict(span) for span in spans.values() if span is not None]
    about = pairs[0][1]
    return {
        "name": measure,
        "title": titled(measure),
        "quantity": quantity_words(about.quantity),
        "unit": about.unit,
        "direction": DIRECTIONS.get(about.direction, about.direction),
        "values": [
            {
                "name": name,
                "value": number(span.value) if span else "–",
                "interval": interval(span.ci_low, span.ci_high) if span else "",
                "glyph": interval_glyph(asdict(span), close_axis(entries)) if span else "",
            }
            for name, span in spans.items()
        ],
        "pairs": [_pair(one, each, axis) for one, each in pairs],
        "others": [one.b for one, _ in pairs if one.a == found.names[0]],
        "levels": _levels([each for one, each in pairs if one.a == found.names[0]]),
    }


def _levels(against_first: Sequence[Difference]) -> list[tuple[str, str, list[str]]]:
    """Return a row a class or group: its factor, its name, and the difference of each later one from the first."""
    factors: dict[str, dict[str, None]] = {}
    for each in against_first:
        for factor, levels in (each.groups or {}).items():
            factors.setdefault(factor, {}).update(dict.fromkeys(levels))
    return [
        ("class" if factor == "label" else factor, level, [_cell(each, factor, level) for each in against_first])
        for factor, levels in factors.items()
        for level in levels
    ]


def _cell(each: Difference, factor: str, level: str) -> str:
    span = (each.groups or {}).get(factor, {}).get(level)
    return NOTHING if span is None else f"{number(span.value)} {interval(span.ci_low, span.ci_high)}"


def _pair(one: Comparison, each: Difference, axis: tuple[float, float]) -> dict[str, Any]:
    row = row_of(each)
    better = {"a": one.a, "b": one.b}.get(each.outcome)
    glyph = "" if each.difference is None else interval_glyph({**asdict(each.difference), "null": 0.0}, axis)
    verdict = {"undecided": "not told apart", "no better end": "they differ"}.get(each.outcome, "")
    return row | {"a_name": one.a, "b_name": one.b, "better": better, "verdict": verdict, "glyph": glyph}


def _of(one: Comparison, measure: str) -> Difference | None:
    given = (*one.differences, *([one.accuracy] if one.accuracy else []))
    return next((each for each in given if each.measure == measure), None)
