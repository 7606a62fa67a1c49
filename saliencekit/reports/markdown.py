"""The report as Markdown: what was audited, what was found, and the tables, to paste into an issue."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..showing.names import shown
from . import header
from .counts import counts, why_incomplete
from .findings import recorded_findings
from .tables import level_name, title_of
from .text import DIRECTIONS, interval, number, titled

MOST_ROWS = 30


def markdown_of(summary: Mapping[str, Any]) -> str:
    """Return a summary as Markdown; names in it are text, whatever signs they hold."""
    parts = [f"# Salience audit of {plain(header.title_of(summary))}", plain(counts(summary)) + "."]
    if not summary.get("complete", True):
        parts.append(f"**Incomplete.** {why_incomplete(summary)}")
    parts += ["## Findings", _findings(summary), "## At a glance", _glance(summary)]
    for name, entry in summary["measures"].items():
        parts += [f"## {titled(name)}", plain(entry.get("question") or "")]
        if entry["status"] != "ok":
            parts.append(f"Not applicable: {plain(entry.get('reason') or 'no reason given')}.")
        for factor, levels in entry.get("groups", {}).items():
            if levels:
                named = {level_name(factor, level): each for level, each in levels.items()}
                parts += [f"### {plain(title_of(factor))}", _levels(named)]
    parts += ["## What was audited", *(_facts(each) for each in header.facts(summary))]
    return "\n\n".join(part for part in parts if part) + "\n"


def plain(text: str) -> str:
    r"""Return a text in which nothing is Markdown, HTML, mathematics or the name of a person to be notified.

    >>> print(plain("<b>*a*</b> | `x`_y"))
    &lt;b&gt;\*a\*&lt;/b&gt; \| \`x\`\_y
    """
    escaped = re.sub(r"([\\`*_{}\[\]#|~!$])", r"\\\1", shown(text))
    return escaped.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("@", "&#64;")


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; cells must be plain already."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _findings(summary: Mapping[str, Any]) -> str:
    found = recorded_findings(summary)
    return (
        "\n".join(f"- **{each.severity}**: {plain(each.sentence)}" for each in found) or "No rule had anything to say."
    )


def _glance(summary: Mapping[str, Any]) -> str:
    rows: list[tuple[str, ...]] = []
    for name, entry in summary["measures"].items():
        if entry["status"] == "ok":
            direction = DIRECTIONS.get(entry["direction"], entry["direction"])
            rows.append((titled(name), *_numbers(entry), number(entry.get("null")), plain(entry["unit"]), direction))
        else:
            rows.append((titled(name), "not applicable", *[""] * 4))
    return table(("measure", "value", "95 % interval", "null value", "unit", "better"), rows)


def _levels(levels: Mapping[str, Mapping[str, Any]]) -> str:
    rows = [(plain(name), *_numbers(each), number(each.get("n"))) for name, each in levels.items()]
    found = table(("level", "value", "95 % interval", "n"), rows[:MOST_ROWS])
    return found + (f"\n\n{len(rows) - MOST_ROWS:,d} more in `summary.json`." if len(rows) > MOST_ROWS else "")


def _numbers(entry: Mapping[str, Any]) -> tuple[str, str]:
    return number(entry.get("value")), interval(entry.get("ci_low"), entry.get("ci_high"))


def _facts(facts: header.Facts) -> str:
    return f"### {facts.heading}\n\n" + "\n".join(
        f"- {plain(name)}: {plain('; '.join(values))}" for name, values in facts.rows
    )
