"""Pictures of stability: the matrix over runs, and the agreement of pairs beside that of shuffled pairs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from ...auditing.collecting import Levels
from ...showing.names import shorten
from ..text import counted, number
from ._canvas import COLOURS, Panel, draw_panel
from ._parts import paint_ridges, row_height

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_NUMBERS = 12  # runs up to which the cells hold their numbers
LONG = 10  # signs from which on names beside one another would touch
DEEPEST = 0.5  # opacity at SSIM 1: a number on it has enough contrast, on light paper and on dark


CONDITIONS, COLUMNS = ("run_a", "run_b"), ("ssim", "ssim_null")


def draw(levels: Levels, measure: Mapping[str, Any]) -> list[Panel]:
    """Return the panels of stability; none if there is no pair of runs.

    Parameters
    ----------
    levels
        The columns ``COLUMNS`` of the audit's stability records, apart by ``CONDITIONS``.
    measure
        Its entry in the summary (not needed for these pictures).
    """
    del measure
    known = {key: part for key, frame in levels.items() if len(part := frame[frame["ssim"].notna()])}
    return [_matrix(known), _pairs(known)] if known else []


def _pairs(levels: Levels) -> Panel:
    import pandas as pd

    frame = pd.concat(levels.values(), ignore_index=True)
    rows = [("same image", frame["ssim"])]
    if "ssim_null" in frame and frame["ssim_null"].notna().any():
        rows.append(("other image", frame["ssim_null"].dropna()))
    said = "; ".join(f"{name}: {number(float(part.median()))}" for name, part in rows)
    return draw_panel(
        "stability-pairs",
        "Pairs of runs, on the same and on another image",
        f"Histograms of SSIM over images and pairs of runs. Median: {said}.",
        partial(paint_ridges, rows=rows, label="SSIM of two runs' maps", muted=1),
        height=row_height(len(rows)) + 0.5,
    )


def _matrix(levels: Levels) -> Panel:
    cells = {(str(a), str(b)): float(frame["ssim"].mean()) for (a, b), frame in levels.items()}
    runs = list(dict.fromkeys([*(a for a, _ in cells), *(b for _, b in cells)]))
    low, high = min(cells.values()), max(cells.values())
    return draw_panel(
        "stability-matrix",
        "Mean SSIM of each pair of runs",
        f"A matrix over {counted(len(runs), 'run')}; pairs lie between {number(low)} and {number(high)}.",
        partial(_paint_matrix, runs=runs, cells=cells),
        height=min(3.6, 1.3 + 0.42 * len(runs)),
    )


def _paint_matrix(axes: Axes, *, runs: list[str], cells: dict[tuple[str, str], float]) -> None:
    from matplotlib.patches import Rectangle

    for (first, second), value in cells.items():
        depth = DEEPEST * min(max(value, 0.0), 1.0)
        a, b = runs.index(first), runs.index(second)
        for x, y in ((a, b), (b, a)):
            corner = (x - 0.48, y - 0.48)
            axes.add_patch(Rectangle(corner, 0.96, 0.96, facecolor=COLOURS["accent"], alpha=depth, lw=0))
            axes.add_patch(Rectangle(corner, 0.96, 0.96, fill=False, edgecolor=COLOURS["rule"], lw=0.6))
            if len(runs) <= MOST_NUMBERS:
                axes.text(x, y, number(value), ha="center", va="center", fontsize=7.5, color=COLOURS["ink"])
    names = [shorten(run, length=14) for run in runs]
    slanted = len(runs) > 3 or max(map(len, names)) > LONG
    axes.set_yticks(range(len(runs)), names)
    axes.set_xticks(range(len(runs)), names, rotation=35 if slanted else 0, ha="right" if slanted else "center")
    axes.tick_params(length=0)
    if len(runs) > MOST_NUMBERS:
        axes.set_xlabel(
            f"SSIM from {number(min(cells.values()))} to {number(max(cells.values()))}, the stronger the higher"
        )
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set(xlim=(-0.5, len(runs) - 0.5), ylim=(len(runs) - 0.5, -0.5), aspect="equal")
