"""The report in other formats: Markdown to paste, JSON to read on, CSV for a spreadsheet."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UsageError, one_of
from ..files import write_json, write_text
from .findings import recorded_findings
from .gallery import MOST_CARDS
from .html import write_report
from .markdown import markdown_of
from .rows import csv_of

if TYPE_CHECKING:
    from ..auditing.result import AuditResult


def write_formats(result: AuditResult, words: str = "html", *, most_cards: int = MOST_CARDS) -> list[Path]:
    """Write the report in each format asked for into the audit's folder, and return the files.

    Parameters
    ----------
    result
        A finished audit.
    words
        Of ``html``, ``md``, ``json`` and ``csv`` some, separated by commas: ``report.html`` (with ``figures/``),
        ``report.md``, ``report.json`` (the summary with its findings) and ``report.csv`` (a row a number).
    most_cards
        How many images the gallery of the page may show.

    Raises
    ------
    UsageError
        If a word is no format.
    EnvironmentFault
        If the folder cannot be written.
    """
    if most_cards < 0:
        raise UsageError(f"expected a gallery of at least 0 images, got {most_cards}")
    chosen = dict.fromkeys(one_of(word.strip(), FORMATS, "format") for word in words.split(","))
    return [FORMATS[word](result, most_cards) for word in chosen]


def _html(result: AuditResult, most_cards: int) -> Path:
    return write_report(result, most_cards=most_cards)


def _markdown(result: AuditResult, _: int) -> Path:
    path = result.folder / "report.md"
    write_text(path, markdown_of(result.summary))
    return path


def _json(result: AuditResult, _: int) -> Path:
    path = result.folder / "report.json"
    findings = [each.to_dict() for each in recorded_findings(result.summary)]
    write_json(path, {**result.summary, "findings": findings})
    return path


def _csv(result: AuditResult, _: int) -> Path:
    path = result.folder / "report.csv"
    write_text(path, csv_of(result.summary))
    return path


FORMATS: dict[str, Callable[[AuditResult, int], Path]] = {
    "html": _html,
    "md": _markdown,
    "json": _json,
    "csv": _csv,
}
