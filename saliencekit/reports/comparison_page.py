"""The page of a comparison, and its numbers as JSON."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..files import write_json, write_text
from .difference import Difference, Span
from .glyph import close_axis, difference_axis, interval_glyph
from .level import LONG, LevelTable
from .page import render
from .tables import entries_of, joint_table, table_of
from .testing import p_words
from .text import DIRECTIONS, counted, interval, number, titled
from .words import quantity_words

if TYPE_CHECKING:
    from .comparison import Comparison
    from .families import Family

VERDICTS = {
    "a": "A is better here.",
    "b": "B is better here.",
    "undecided": "Not told apart.",
    "no better end": "They differ.",
}


def write_comparison(found: Comparison, a: Family, b: Family, folder: Path) -> Path:
    """Write ``comparison.json`` and ``comparison.html`` into ``folder``, and return the page's path.

    Raises
    ------
    EnvironmentFault
        If the folder cannot be written.
    """
    write_json(folder / "comparison.json", found.to_dict())
    values = {
        "found": found,
        "rows": [row_of(each) for each in found.differences],
        "accuracy": None if found.accuracy is None else row_of(found.accuracy),
        "audits": [about_family("A", a), about_family("B", b)],
        "verdict": VERDICTS,
        "counted": counted,
    }
    page = folder / "comparison.html"
    write_text(page, render("comparison.html.j2", values))
    return page


def about_family(letter: str, family: Family) -> dict[str, Any]:
    """Return what the page says of one side."""
    models = [audit.summary.get("model", {}) for audit in family.audits]
    manners = [
        f"{model.get('arch')}, {model.get('salience')} at {model.get('layer')}, class explained: {model.get('target')}"
        for model in models
    ]
    return {
        "letter": letter,
        "name": family.name,
        "folders": [str(audit.folder) for audit in family.audits],
        "manner": "; ".join(dict.fromkeys(manners)),
    }


def row_of(each: Difference) -> dict[str, Any]:
    """Return one measure as the page shows it: words and glyphs."""
    row: dict[str, Any] = {
        "found": each,
        "title": titled(each.measure),
        "quantity": quantity_words(each.quantity),
        "direction": DIRECTIONS.get(each.direction, each.direction),
    }
    if each.difference is None or each.a is None or each.b is None:
        return row
    both = (asdict(each.a), asdict(each.b))
    change = {**asdict(each.difference), "null": 0.0}
    return row | {
        "a": _words(each.a),
        "b": _words(each.b),
        "difference": _words(each.difference),
        "glyphs": [interval_glyph(one, close_axis(both)) for one in both],
        "change": interval_glyph(change, difference_axis([change])),
        "share": f"{100 * (each.share_higher or 0.0):.0f} %",
        "test": p_words(each.p_value),
        "corrected": p_words(each.p_holm),
        "effect": number(each.effect_size),
        "over_null": None if each.over_null is None else [_words(span) for span in each.over_null.spans],
        "tables": _tables(each),
    }


def _words(span: Span) -> str:
    return f"{number(span.value)} {interval(span.ci_low, span.ci_high)}"


def _tables(each: Difference) -> list[LevelTable]:
    quantity = f"difference B − A, {each.unit}"
    factors: dict[str, dict[str, dict[str, Any]]] = {
        factor: {level: {**asdict(span), "null": 0.0} for level, span in levels.items()}
        for factor, levels in (each.groups or {}).items()
    }
    short = {factor: levels for factor, levels in factors.items() if len(levels) <= LONG}
    tables = [joint_table(short, quantity, difference_axis(entries_of(short)))] if short else []
    return tables + [
        table_of(factor, quantity, levels, difference_axis(levels.values()))
        for factor, levels in factors.items()
        if factor not in short
    ]
