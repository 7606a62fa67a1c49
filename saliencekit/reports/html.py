"""The report: one page that opens offline, drawn from the records and the summary."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..files import write_text
from ..showing.overlay import colour_scale
from . import header
from .counts import changed_files, counts, why_incomplete
from .figures import Panel
from .figures.average_maps import draw_average_maps
from .findings import findings_of, recorded_findings
from .gallery import MOST_CARDS, read_gallery
from .page import render, script
from .section import Section, section_of
from .text import counted, number

if TYPE_CHECKING:
    from ..auditing.result import AuditResult


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
    sections = [section_of(name, entry, result) for name, entry in result.summary["measures"].items()]
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
        "counts": counts(summary),
        "incomplete": why_incomplete(summary),
        "changed": changed_files(summary),
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


def _run(folder: Path) -> dict[str, Any]:
    path = folder / "run.json"
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path} cannot be read: {error}") from error
    return content if isinstance(content, dict) else {}
