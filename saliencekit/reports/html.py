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
from ..showing.overlay import colour_scale
from . import header
from .figures import Panel, draw_figures
from .figures.average_maps import draw_average_maps
from .findings import findings_of, recorded_findings
from .gallery import MOST_CARDS, read_gallery
from .glyph import axis_of, interval_glyph
from .level import LevelTable
from .page import render, script
from .prose import PROSE, Prose
from .reading import gravest, word_of
from .tables import level_tables
from .text import DIRECTIONS, counted, interval, number, titled
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


def finish_audit(result: AuditResult) -> Path:
    """Put the findings into the summary of an audit that is about to be written whole, and draw its report.

    This is what an audit calls last before ``summary.json``: the findings become part of ``result.summary``.

    Raises
    ------
    EnvironmentFault
        If the folder cannot be written.
    """
    result.summary["findings"] = [each.to_dict() for each in findings_of(result.summary)]
    return write_report(result)


def write_report(result: AuditResult, *, most_cards: int = MOST_CARDS) -> Path:
    """Write ``report.html`` and ``figures/*.svg`` into the audit's folder, and return the page's path.

    The page is one file: it asks for nothing outside itself, and its one script, which sorts and filters the gallery,
    is named by its hash in the page's policy. What it shows is read from ``summary.json``, ``run.json``, the records,
    the average maps and the gallery; the same audit gives the same bytes.

    Parameters
    ----------
    result
        A finished audit.
    most_cards
        How many images the gallery may show: what bounds the size of the page.

    Raises
    ------
    InputError
        If ``run.json`` is there and cannot be read.
    EnvironmentFault
        If the folder cannot be written.
    """
    sections = [_section(name, entry, result) for name, entry in result.summary["measures"].items()]
    averages = draw_average_maps(result.average_maps)
    for panel in (*averages, *(panel for section in sections for panel in section.panels)):
        write_text(result.folder / "figures" / f"{panel.name}.svg", panel.svg)
    page = result.folder / "report.html"
    write_text(page, _page(result, sections, averages, most_cards))
    return page


def _page(result: AuditResult, sections: list[Section], averages: list[Panel], most_cards: int) -> str:
    summary = result.summary
    gallery = read_gallery(result.folder / "gallery", result.gallery, most=most_cards)
    code, digest = script("gallery.js")
    values = {
        "title": header.title_of(summary),
        "summary": summary,
        "model": summary.get("model", {}),
        "data": summary.get("data", {}),
        "counts": header.counts(summary),
        "explained": header.class_explained(summary.get("model", {}).get("target")),
        "facts": header.facts(summary),
        "findings": recorded_findings(summary),
        "record": header.record(summary, _run(result.folder)),
        "sections": sections,
        "averages": averages,
        "gallery": gallery,
        "scale": colour_scale(),
        "script": code,
        "script_hash": digest,
        "counted": counted,
        "number": number,
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


def _run(folder: Path) -> dict[str, Any]:
    path = folder / "run.json"
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path} cannot be read: {error}") from error
    return content if isinstance(content, dict) else {}
