"""An evaluation as text for a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..showing.names import shown
from .counts import counts
from .header import title_of
from .text import NOTHING, interval, number

if TYPE_CHECKING:
    from rich.table import Table

    from ..evaluation.result import Evaluation

MOST_GROUPS = 4


def evaluation_rows(summary: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Return the figures as rows of plain text: name, pooled with its interval, macro with its, each generator's value.

    Generators have columns of their own where there are at most four. A figure that is not applicable has its reason
    in the place of its pooled value.
    """
    from ..evaluation.metrics import METRICS

    groups = _groups(summary)
    return [
        (
            metric.title,
            _cell(summary["pooled"][name]),
            *((_cell(summary["macro"][name], reason=False),) if summary["groups"] else ()),
            *(number(each[name]["value"]) for each in groups.values()),
        )
        for name, metric in METRICS.items()
    ]


def evaluation_table(summary: Mapping[str, Any]) -> Table:
    """Return the figures as a table for a terminal, to be printed by a ``rich.console.Console``."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("figure", no_wrap=True)
    table.add_column("pooled [95 % interval]", overflow="fold")
    if summary["groups"]:
        table.add_column(f"mean of {len(summary['groups'])} generators", overflow="fold")
    for name in _groups(summary):
        table.add_column(Text(shown(name)), overflow="fold")
    for row in evaluation_rows(summary):
        table.add_row(*(Text(cell) for cell in row))
    return table


def print_evaluation(evaluation: Evaluation) -> None:
    """Print what an evaluation found: images, score, threshold, figures, and where it lies."""
    from rich.console import Console
    from rich.text import Text

    console = Console(soft_wrap=False, highlight=False)

    def say(line: str, style: str = "") -> None:
        console.print(Text(shown(line), style=style), soft_wrap=True)

    summary = evaluation.summary
    say(f"{title_of(summary)}: {counts(summary)}", "bold")
    say(f"score: {summary['score']['means']}")
    say(f"threshold: {number(summary['threshold']['value'])}, {_origin(summary['threshold']['taken_from'])}")
    say(f"map entropy: {_entropy(summary['entropy'])}")
    console.print(evaluation_table(summary))
    say(f"written: {evaluation.folder}")


def _origin(taken_from: str) -> str:
    return taken_from if taken_from == "given" else f"from {taken_from}" if taken_from[:3] == "the" else taken_from


def _entropy(entry: Mapping[str, Any]) -> str:
    if entry["value"] is None:
        return f"not applicable: {entry['reason']}"
    return f"{_cell(entry)} nats of at most {number(entry['maximum'])}"


def _groups(summary: Mapping[str, Any]) -> Mapping[str, Any]:
    groups: Mapping[str, Any] = summary["groups"]
    return groups if 1 < len(groups) <= MOST_GROUPS else {}


def _cell(entry: Mapping[str, Any], *, reason: bool = True) -> str:
    if entry["value"] is None:
        return f"not applicable: {shown(entry['reason'])}" if reason else NOTHING
    return f"{number(entry['value'])} {interval(entry['ci_low'], entry['ci_high'])}".rstrip()
