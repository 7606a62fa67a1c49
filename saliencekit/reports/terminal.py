"""Findings as text for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..showing.names import shown
from .counts import counts
from .findings import SEVERITIES, recorded_findings
from .header import title_of
from .text import NOTHING, number, value_line

if TYPE_CHECKING:
    from rich.table import Table

    from ..auditing.result import AuditResult
    from .comparison import Comparison
    from .many import ManyComparison

STYLES = {"warning": "bold red", "notice": "yellow", "info": "green"}
WIDEST = max(map(len, SEVERITIES))
SUMMARY_COLUMNS = ("measure", "value [95 % interval]", "null value", "better")


def summary_rows(result: AuditResult) -> list[tuple[str, ...]]:
    """Return the audit as rows of plain text, a measure each, in the order of ``SUMMARY_COLUMNS``.

    A measure that is not applicable has its reason in the place of the value.
    """
    rows: list[tuple[str, ...]] = []
    for name, entry in result.summary["measures"].items():
        if entry["status"] == "ok":
            better = shown(entry["direction"])
            rows.append((shown(name), value_line(entry), number(entry.get("null")), better))
        else:
            reason = shown(entry.get("reason") or "no reason given")
            rows.append((shown(name), f"not applicable: {reason}", NOTHING, NOTHING))
    return rows


def summary_table(result: AuditResult) -> Table:
    """Return the audit's measures as a table for a terminal, to be printed by a ``rich.console.Console``.

    Names are printed as they are: neither rich's markup nor a control character in them has an effect.
    """
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in SUMMARY_COLUMNS:
        table.add_column(column, no_wrap=column != SUMMARY_COLUMNS[1], overflow="fold")
    for row in summary_rows(result):
        table.add_row(*(Text(cell) for cell in row))
    return table


def print_summary(result: AuditResult) -> None:
    """Print what an audit found: a line a measure, the findings, and where the report lies."""
    from rich.console import Console
    from rich.text import Text

    console = Console(soft_wrap=False, highlight=False)
    console.print(Text(shown(f"{title_of(result.summary)}: {counts(result.summary)}"), style="bold"), soft_wrap=True)
    console.print(summary_table(result))
    for finding in recorded_findings(result.summary):
        words = Text(f"{finding.severity:{WIDEST}}  ", style=STYLES[finding.severity])
        console.print(words.append(shown(finding.sentence), style="default"), soft_wrap=True)
    console.print(Text(shown(f"report: {result.folder / 'report.html'}")), soft_wrap=True)


def print_comparison(found: Comparison | ManyComparison) -> None:
    """Print what a comparison found, a sentence a measure."""
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    for line in str(found).splitlines():
        console.print(Text(shown(line)), soft_wrap=True)
