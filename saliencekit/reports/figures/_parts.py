"""What several figures draw: rows of distributions or intervals, ranked levels, lines to compare with."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...showing.names import shorten
from ._canvas import COLOURS

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

MOST_ROWS = 8
BINS = 36


@dataclass(frozen=True)
class Line:
    """A value to compare with, and its name."""

    value: float
    name: str


def largest(levels: Mapping[str, pd.Series]) -> list[tuple[str, pd.Series]]:
    """Return the finite values of each level, the largest levels first.

    Beyond ``MOST_ROWS`` levels the smaller ones are put together.
    """
    import pandas as pd

    finite = [(name, values) for name in sorted(levels) if len(values := levels[name].dropna())]
    finite.sort(key=lambda each: -len(each[1]))
    if len(finite) <= MOST_ROWS:
        return finite
    rest = finite[MOST_ROWS - 1 :]
    return [*finite[: MOST_ROWS - 1], (f"{len(rest)} others", pd.concat([part for _, part in rest]))]


def row_height(rows: int) -> float:
    """Return the height in inches of a panel with that many rows."""
    return 0.95 + 0.36 * max(rows, 2)


def paint_ridges(
    axes: Axes,
    rows: Sequence[tuple[str, pd.Series]],
    *,
    label: str,
    lines: Sequence[Line] = (),
    muted: int = -1,
) -> None:
    """Draw a histogram a row on common bins, its median as a stroke; row ``muted`` in grey."""
    import numpy as np

    ends = [float(part.min()) for _, part in rows] + [float(part.max()) for _, part in rows]
    ends += [line.value for line in lines]
    low, high = min(ends), max(ends)
    margin = (high - low) * 0.04 or max(abs(high), 1.0) * 0.05
    edges = np.linspace(low - margin, high + margin, BINS + 1)
    for place, (_, values) in enumerate(rows):
        colour = COLOURS["muted"] if place == muted else COLOURS["accent"]
        counts, _ = np.histogram(values.to_numpy(dtype=float), edges)
        base = len(rows) - 1 - place
        heights = base + 0.82 * counts / counts.max()
        axes.fill_between(np.repeat(edges, 2)[1:-1], base, np.repeat(heights, 2), color=colour, alpha=0.35, lw=0)
        middle = float(values.median())
        axes.plot([middle, middle], [base, base + 0.82], color=colour, lw=1.6)
        axes.plot(edges[[0, -1]], [base, base], color=COLOURS["rule"], lw=0.6, zorder=0)
    axes.set_yticks(
        range(len(rows) - 1, -1, -1), [f"{shorten(name, length=20)}  n={len(part):,}" for name, part in rows]
    )
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set(ylim=(-0.08, len(rows) + 0.4 * len(lines)), xlim=(edges[0], edges[-1]), xlabel=label)
    paint_lines(axes, lines)


def paint_lines(axes: Axes, lines: Sequence[Line], *, across: bool = False) -> None:
    """Draw values to compare with as dashed lines, upright or across, each with its name beside it."""
    for turn, line in enumerate(line for line in lines if math.isfinite(line.value)):
        style: dict[str, Any] = {"color": COLOURS["second"], "lw": 1.0, "ls": (0, (4, 2)), "zorder": 1}
        low, high = axes.get_ylim() if across else axes.get_xlim()
        late = line.value > (low + high) / 2
        words: dict[str, Any] = {"color": COLOURS["second"], "fontsize": 7.5, "textcoords": "offset points"}
        words["bbox"] = {"facecolor": COLOURS["paper"], "alpha": 0.85, "lw": 0, "pad": 0.6}  # over points, too
        if across:
            axes.axhline(line.value, **style)
            words |= {"xytext": (0, 3), "ha": "left" if turn else "right", "xycoords": ("axes fraction", "data")}
            axes.annotate(line.name, (0.02 if turn else 1.0, line.value), **words)
        else:
            axes.axvline(line.value, **style)
            words |= {"xytext": (-3 if late else 3, -9 * turn), "ha": "right" if late else "left", "va": "top"}
            axes.annotate(line.name, (line.value, 1.0), xycoords=("data", "axes fraction"), **words)


def paint_intervals(
    axes: Axes,
    levels: Mapping[str, Mapping[str, Any]],
    *,
    label: str,
    nulls: Mapping[str, float] | None = None,
    null_is: str = "",
) -> None:
    """Draw a dot with its interval for each level, and its null value as an open diamond, named above the axes."""
    names, marks = list(levels), []
    for place, name in enumerate(reversed(names)):
        entry = levels[name]
        if entry.get("value") is None:
            continue
        if entry.get("ci_low") is not None and entry.get("ci_high") is not None:
            axes.plot([entry["ci_low"], entry["ci_high"]], [place, place], color=COLOURS["accent"], lw=3, alpha=0.45)
        axes.plot(entry["value"], place, "o", color=COLOURS["accent"], ms=4.5)
        if nulls and math.isfinite(nulls.get(name, math.nan)):
            marks = axes.plot(nulls[name], place, "D", mfc="none", mec=COLOURS["second"], ms=4)
    if marks:
        places: dict[str, Any] = {"loc": "lower right", "bbox_to_anchor": (1.0, 0.99), "borderaxespad": 0.0}
        axes.legend(marks, [null_is], frameon=False, fontsize=7.5, handletextpad=0.2, **places)
    axes.set_yticks(range(len(names) - 1, -1, -1), [shorten(name, length=22) for name in names])
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", color=COLOURS["rule"], lw=0.5)
    axes.set_axisbelow(True)
    axes.spines["left"].set_visible(False)
    axes.set(ylim=(-0.6, len(names) - 0.4), xlabel=label)


def paint_ranked(
    axes: Axes, levels: Mapping[str, Mapping[str, Any]], *, label: str, lines: Sequence[Line] = ()
) -> None:
    """Draw many levels, lowest at the bottom, a dot with its interval each; beyond 16 only the ends are named."""
    found = sorted((entry["value"], entry["ci_low"], entry["ci_high"], name) for name, entry in levels.items())
    places = range(len(found))
    axes.hlines(
        places, [row[1] for row in found], [row[2] for row in found], color=COLOURS["accent"], lw=0.8, alpha=0.5
    )
    axes.plot([row[0] for row in found], places, "o", color=COLOURS["accent"], ms=1.8)
    named = places if len(found) <= 16 else (0, len(found) - 1)
    axes.set_yticks(list(named), [shorten(found[place][3], length=20) for place in named])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set(ylim=(-1, len(found) * 1.08), xlabel=label)
    paint_lines(axes, lines)
