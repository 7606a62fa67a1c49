"""Figures for a notebook: a measure's, an audit's, a comparison's; the report's own, as one Matplotlib figure."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..auditing.alone import measured
from ..auditing.measured import MeasureResult
from ..auditing.result import AuditResult, load_audit
from ..errors import UsageError
from ..showing.names import shorten
from .comparison import Comparison
from .comparison_plot import bare_row
from .figures import Panel, draw_figures
from .figures._canvas import COLOURS, STYLE, WIDTH
from .header import title_of
from .text import DIRECTIONS, number, titled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from ..showing.notebook import NotebookFigure

TITLE, ROW = 0.3, 0.85  # inches of a panel's title, and of a measure in an overview


def plot(
    result: AuditResult | MeasureResult | Comparison | pd.DataFrame | str | os.PathLike[str], measure: str = ""
) -> NotebookFigure:
    """Return a figure of what was found, which shows itself in a notebook.

    Parameters
    ----------
    result
        An audit or its folder, one of its measures, a comparison, or the rows that a measure gives when it is called
        by itself.
    measure
        Of an audit, the measure that is drawn; without a word, every measure's value with its interval and its null
        value. Of rows, the measure that they are of.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    UsageError
        If there is no such measure, or there is nothing to draw, with the reason.
    InputError
        If the folder holds no finished audit, or the rows are not the measure's.

    Examples
    --------
    >>> import torch
    >>> from saliencekit import GradCAM
    >>> from saliencekit.measures import Equivariance
    >>> parts = torch.nn.Conv2d(1, 2, 3), torch.nn.ReLU(), torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten()
    >>> model = torch.nn.Sequential(*parts, torch.nn.Linear(2, 2))
    >>> rows = Equivariance()(GradCAM(model), torch.rand(4, 1, 16, 16))
    >>> [axes.get_xlabel() for axes in plot(rows, "equivariance").axes]
    ['SSIM of the map brought back upright', 'score after minus score before (middle half)']
    """
    if isinstance(result, Comparison):
        return result.plot()
    if isinstance(result, MeasureResult):
        return _measure(result)
    if isinstance(result, str | os.PathLike):
        return plot(load_audit(result), measure)
    if isinstance(result, AuditResult):
        return _measure(result[measure]) if measure else overview(result)
    if not measure:
        raise UsageError('say which measure the rows are of, as in plot(rows, "equivariance")')
    return _measure(measured(result, measure))


def stacked(panels: Sequence[Panel]) -> NotebookFigure:
    """Return one figure of several panels, two in a row, each under its title."""
    from ..showing.notebook import NotebookFigure, plain_style

    across = min(2, len(panels))
    rows = [panels[start : start + across] for start in range(0, len(panels), across)]
    heights = [max(panel.height for panel in row) + TITLE for row in rows]
    with plain_style(STYLE):
        figure = NotebookFigure(figsize=(WIDTH * across, sum(heights)), facecolor="white", layout="constrained")
        every: Any = figure.subfigures(len(rows), across, squeeze=False, height_ratios=heights)
        for part, panel in zip(every.flat, panels, strict=False):
            part.suptitle(panel.title, x=0.02, ha="left", fontsize=10)
            panel.paint(part.add_subplot())
    return figure


def overview(result: AuditResult) -> NotebookFigure:
    """Return a figure of every applicable measure's value with its interval and null value, each on its own axis."""
    from ..showing.notebook import NotebookFigure, plain_style

    entries = {name: each for name, each in result.summary["measures"].items() if each.get("value") is not None}
    if not entries:
        raise UsageError(f"no measure of the audit in {result.folder} has a value: there is nothing to draw")
    with plain_style(STYLE):
        size = (WIDTH + 1, ROW * len(entries) + 0.4)
        figure = NotebookFigure(figsize=size, facecolor="white", layout="constrained")
        figure.suptitle(shorten(title_of(result.summary), length=60), x=0.02, ha="left", fontsize=10)
        every: Any = figure.subplots(len(entries), 1, squeeze=False)
        for axes, (name, entry) in zip(every[:, 0], entries.items(), strict=True):
            unit, direction = entry.get("unit") or "", DIRECTIONS.get(str(entry.get("direction")), "")
            axes.set_title(titled(name), loc="left", fontsize=9.5)
            axes.set_title(
                f"{number(entry['value'])} {unit}; {direction}", loc="right", fontsize=8, color=COLOURS["muted"]
            )
            _paint_value(axes, entry)
    return figure


def _measure(result: MeasureResult) -> NotebookFigure:
    panels = draw_figures(result.source, result.name, result.entry)
    if not panels:
        reason = result.entry.get("reason") or "there are no records of it"
        raise UsageError(f"there is nothing to draw of {result.name}: {reason}")
    return stacked(panels)


def _paint_value(axes: Axes, entry: Mapping[str, Any]) -> None:
    low, high = entry.get("ci_low"), entry.get("ci_high")
    if low is not None and high is not None:
        axes.plot([low, high], [0, 0], color=COLOURS["accent"], lw=3, alpha=0.45)
    axes.plot(entry["value"], 0, "o", color=COLOURS["accent"], ms=5)
    if entry.get("null") is not None:
        axes.plot(entry["null"], 0, "D", mfc="none", mec=COLOURS["second"], ms=4.5)
        words: dict[str, Any] = {"xytext": (0, 6), "textcoords": "offset points", "ha": "center", "fontsize": 7.5}
        axes.annotate("null", (entry["null"], 0), color=COLOURS["second"], **words)
    axes.axhline(0, color=COLOURS["rule"], lw=0.6, zorder=0)
    bare_row(axes, (-0.5, 1.0))
