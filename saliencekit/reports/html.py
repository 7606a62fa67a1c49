"""The report: one page that opens offline, drawn from the records and the summary."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from ..errors import InputError
from ..files import write_text
from . import header
from .figures import Panel, draw_figures
from .gallery import read_cards
from .glyph import axis_of, interval_glyph
from .level import LevelTable
from .overlay import colour_scale
from .page import render
from .prose import PROSE, Prose
from .tables import level_tables
from .text import DIRECTIONS, counted, interval, number, titled

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

    @property
    def applicable(self) -> bool:
        """Whether there is a value."""
        return bool(self.entry["status"] == "ok")


def write_report(result: AuditResult) -> Path:
    """Write ``report.html`` and ``figures/*.svg`` into the audit's folder, and return the page's path.

    The page is one file: it asks for nothing outside itself and runs no script. What it shows is read from
    ``summary.json``, ``run.json``, the records and the gallery; the same audit gives the same bytes.

    Raises
    ------
    InputError
        If ``run.json`` is there and cannot be read.
    EnvironmentFault
        If the folder cannot be written.
    """
    sections = [_section(name, entry, result) for name, entry in result.summary["measures"].items()]
    for panel in (panel for section in sections for panel in section.panels):
        write_text(result.folder / "figures" / f"{panel.name}.svg", panel.svg)
    page = result.folder / "report.html"
    write_text(page, _page(result, sections))
    return page


def _page(result: AuditResult, sections: list[Section]) -> str:
    summary, gallery = result.summary, result.gallery
    cards = read_cards(result.folder / "gallery", gallery)
    values = {
        "title": header.title_of(summary),
        "summary": summary,
        "model": summary.get("model", {}),
        "data": summary.get("data", {}),
        "counts": header.counts(summary),
        "explained": header.class_explained(summary.get("model", {}).get("target")),
        "facts": header.facts(summary),
        "record": header.record(summary, _run(result.folder)),
        "sections": sections,
        "cards": cards,
        "left_out": len(gallery) - sum(len(listed) for listed in cards.values()),
        "scale": colour_scale() if cards else "",
        "counted": counted,
    }
    return render("report.html.j2", values)


def _section(name: str, entry: Mapping[str, Any], result: AuditResult) -> Section:
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
    )


def _also(name: str, each: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        titled(name),
        number(each.get("value")),
        interval(each.get("ci_low"), each.get("ci_high")),
        each.get("unit") or "",
        number(each.get("null")),
    )


def _run(folder: Path) -> dict[str, Any]:
    path = folder / "run.json"
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path} cannot be read: {error}") from error
    return content if isinstance(content, dict) else {}
