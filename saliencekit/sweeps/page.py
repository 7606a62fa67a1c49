"""The page of a sweep: one file that opens offline, drawn from the sweep's own files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..files import write_text
from ..reports.glyph import close_axis, interval_glyph
from ..reports.page import environment
from ..reports.text import DIRECTIONS, counted, end_of_axis, interval, number
from . import facts, figures
from .examples import load_examples
from .figures.box_plots import notch_note
from .metrics import HEADLINE, METRICS
from .outcome import read_epochs, read_roc
from .palette import inlined, variables
from .wording import difference_words, interval_words, p_words, spread_words, stability_words

if TYPE_CHECKING:
    from ..reports.figures import Panel
    from .table import LossRow, SweepTable

PAGE = "sweep.html"


def write_page(folder: Path, table: SweepTable, account: Mapping[str, Any]) -> Path:
    """Write ``sweep.html`` and ``figures/*.svg`` into the sweep's folder, and return the page's path.

    The page asks for nothing outside itself and runs no script; the same files give the same bytes.

    Parameters
    ----------
    folder
        The sweep's folder, with its runs and ``examples.npz``.
    table
        What it found.
    account
        What it was asked for.
    """
    panels = _panels(folder, table)
    for panel in panels:
        write_text(folder / "figures" / f"{panel.name}.svg", panel.svg)
    page = folder / PAGE
    write_text(page, _rendered(folder, table, account, panels))
    return page


def _panels(folder: Path, table: SweepTable) -> list[Panel]:
    finished = [run for run in table.runs if run.status == "finished"]
    by_loss = {row.loss: [folder / run.folder for run in finished if run.loss == row.loss] for row in table.rows}
    curves = {loss: [read_roc(run) for run in runs] for loss, runs in by_loss.items()}
    return [
        *figures.draw_epochs({loss: [read_epochs(run) for run in runs] for loss, runs in by_loss.items()}),
        *figures.draw_points(finished),
        *figures.draw_box_plots(finished),
        *figures.draw_roc({loss: [curve for curve in own if len(curve[0])] for loss, own in curves.items()}),
        *figures.draw_example_maps(load_examples(folder)),
    ]


def _rendered(folder: Path, table: SweepTable, account: Mapping[str, Any], panels: list[Panel]) -> str:
    from jinja2 import ChoiceLoader, PackageLoader

    ours = environment()
    loaders = [PackageLoader("saliencekit.sweeps", "templates"), ours.loader]
    template = ours.overlay(loader=ChoiceLoader([each for each in loaders if each is not None]))
    values = {
        "table": table,
        "title": facts.title(table),
        "version": account["saliencekit"],
        "lede": facts.lede(account),
        "facts": facts.facts(account),
        "settings": facts.settings(account),
        "metrics": METRICS,
        "directions": DIRECTIONS,
        "glance": _glance(table),
        "headline": METRICS[HEADLINE],
        "panels": inlined(panels),
        "notch_note": notch_note(table.runs),
        "audits": [row.loss for row in table.rows if (folder / row.loss / "audit" / "report.html").is_file()],
        "colours": (variables("light"), variables("dark")),
        "counted": counted,
        "number": number,
        "spread": spread_words,
        "interval": interval_words,
        "difference": difference_words,
        "p": p_words,
        "stability": stability_words,
    }
    return template.get_template("sweep.html.j2").render(values)


def _glance(table: SweepTable) -> dict[str, Any]:
    """Return AUROC at a glance: each loss on one axis, with the baseline's mean to hold it against."""
    null = next((row.figures[HEADLINE].mean for row in table.rows if row.loss == table.baseline), None)
    entries = {row.loss: _entry(row, null) for row in table.rows}
    axis = close_axis(entries.values())
    rows = [
        {
            "row": row,
            "glyph": interval_glyph(entries[row.loss], axis, ends=False),
            "value": number(row.figures[HEADLINE].mean),
            "interval": interval(row.figures[HEADLINE].ci_low, row.figures[HEADLINE].ci_high),
            "against": row.against.get(HEADLINE),
        }
        for row in table.rows
    ]
    return {"rows": rows, "ends": tuple(end_of_axis(end) for end in axis)}


def _entry(row: LossRow, null: float | None) -> dict[str, float | None]:
    found = row.figures[HEADLINE]
    return {"value": found.mean, "ci_low": found.ci_low, "ci_high": found.ci_high, "null": null}
