"""One measure as the page shows it: words, glyph, figures and tables, nothing left to compute."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from .figures import Panel, draw_figures
from .findings import recorded_findings
from .glyph import axis_of, interval_glyph
from .level import LevelTable
from .prose import PROSE, Prose
from .reading import gravest, word_of
from .tables import level_tables
from .text import DIRECTIONS, interval, number, titled
from .words import quantity_words

if TYPE_CHECKING:
    from ..auditing.result import AuditResult


@dataclass(frozen=True)
class Section:
    """One measure as the page shows it.

    Parameters
    ----------
    name, title
        Of the measure; the name is the section's address in the page.
    entry
        Its entry in the summary.
    glyph
        Value, interval and null value on one axis.
    also
        Further quantities: name, value, interval, unit, null value, in words.
    word, severity
        Where the value lies against its null value, and the gravest of its findings; empty where there is none.
    """

    name: str
    title: str
    entry: Mapping[str, Any]
    glyph: Markup
    value: str
    interval: str
    null: str
    std: str
    direction: str
    panels: tuple[Panel, ...]
    tables: tuple[LevelTable, ...]
    also: tuple[tuple[str, ...], ...]
    prose: Prose | None
    word: str
    severity: str

    @property
    def applicable(self) -> bool:
        """Whether there is a value."""
        return bool(self.entry["status"] == "ok")


def section_of(name: str, entry: Mapping[str, Any], result: AuditResult) -> Section:
    """Return what the page says of one measure.

    Parameters
    ----------
    name
        Of the measure.
    entry
        Its entry in the summary.
    result
        The audit, for its records and findings.
    """
    top = entry.get("maximum")
    return Section(
        name=name,
        title=titled(name),
        entry=entry,
        glyph=interval_glyph(entry, axis_of([entry], top=top)),
        value=number(entry.get("value")),
        interval=interval(entry.get("ci_low"), entry.get("ci_high")),
        null=number(entry.get("null")),
        std=number(entry.get("std")),
        direction=DIRECTIONS.get(entry["direction"], entry["direction"]),
        panels=tuple(draw_figures(result.records, name, entry)),
        tables=tuple(level_tables(name, entry)),
        also=tuple(_also(other, each) for other, each in entry.get("also", {}).items()),
        prose=PROSE.get(name),
        word=word_of(entry),
        severity=gravest(recorded_findings(result.summary), name),
    )


def _also(name: str, each: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        quantity_words(name),
        number(each.get("value")),
        interval(each.get("ci_low"), each.get("ci_high")),
        each.get("unit") or "",
        number(each.get("null")),
    )
