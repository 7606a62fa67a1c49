"""Pictures of the entropy of the maps: where it lies, by class and group, and beside the score."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from ..text import counted, number, titled
from ._canvas import COLOURS, Panel, draw_panel
from ._parts import MOST_ROWS, Line, largest, paint_lines, paint_ranked, paint_ridges, row_height

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

MOST_POINTS = 500


COLUMNS = ("image", "group", "label", "predicted", "score", "entropy")


def draw(frame: pd.DataFrame, measure: Mapping[str, Any]) -> list[Panel]:
    """Return the panels of entropy; none if no map has one.

    Parameters
    ----------
    frame
        The audit's records of entropy, with the columns ``COLUMNS`` (more do no harm).
    measure
        Its entry in the summary, for the null value.
    """
    frame = frame[frame["entropy"].notna()]
    if frame.empty:
        return []
    lines = entropy_lines(measure)
    factors = [factor for factor in ("label", "group") if frame[factor].nunique() > 1]
    panels = [
        _distribution(frame, factor, lines)
        if frame[factor].nunique() <= MOST_ROWS
        else _ranked(measure["groups"][factor], factor, lines)
        for factor in factors
    ]
    if not panels:
        panels = [_distribution(frame.assign(all="all images"), "all", lines)]
    return [*panels, _against_score(frame, lines)]


def entropy_lines(measure: Mapping[str, Any]) -> list[Line]:
    """Return what entropy is held against: the uniform map, and the null value."""
    named = (("maximum", "uniform map"), ("null", "re-drawn weights"))
    lines = [Line(float(measure[key]), name) for key, name in named if measure.get(key) is not None]
    return sorted(lines, key=lambda line: line.value)


def _distribution(frame: pd.DataFrame, factor: str, lines: list[Line]) -> Panel:
    rows = largest({str(level): part for level, part in frame.groupby(factor, observed=True)["entropy"]})
    medians = "; ".join(f"{name}: {number(float(part.median()))}" for name, part in rows)
    title = "Entropy of all maps" if factor == "all" else f"Entropy by {'class' if factor == 'label' else factor}"
    return draw_panel(
        f"entropy-by-{factor}",
        title,
        f"Histograms of entropy, {counted(len(rows), 'row')}. Median in nats: {medians}.",
        partial(paint_ridges, rows=rows, label="entropy (nats)", lines=_apart(lines)),
        height=row_height(len(rows)),
    )


def _ranked(groups: Mapping[str, Mapping[str, Any]], factor: str, lines: list[Line]) -> Panel:
    levels = {name: entry for name, entry in groups.items() if entry.get("value") is not None}
    ends = sorted(levels, key=lambda name: levels[name]["value"])
    low, high = (f"{name} with {number(levels[name]['value'])}" for name in (ends[0], ends[-1]))
    return draw_panel(
        f"entropy-by-{factor}",
        f"Mean entropy of each {'class' if factor == 'label' else factor}, sorted",
        f"A dot with its 95 % interval for each of {len(levels)}; lowest {low} nats, highest {high}.",
        partial(paint_ranked, levels=levels, label="mean entropy (nats)", lines=_apart(lines)),
        height=3.4,
    )


def _apart(lines: list[Line]) -> list[Line]:
    """Join the names of two lines that lie too close to be told apart."""
    if len(lines) == 2 and lines[1].value - lines[0].value < 0.03 * abs(lines[1].value):
        return [Line(lines[1].value, "uniform map and re-drawn weights")]
    return lines


def _against_score(frame: pd.DataFrame, lines: list[Line]) -> Panel:
    step = -(-len(frame) // MOST_POINTS)
    points = frame.sort_values("image").iloc[::step]
    right = points["label"].astype("string") == points["predicted"].astype("string")
    known = points["label"].notna()
    sets = [("right", points[known & right], "accent", "o"), ("wrong", points[known & ~right], "second", "x")]
    if not known.any():
        sets = [("", points, "accent", "o")]
    told = f", one image in {step}" if step > 1 else ""
    middle = number(float(frame["entropy"].corr(frame["score"]))) if len(frame) > 2 else "not defined"
    return draw_panel(
        "entropy-against-score",
        f"Entropy against score{told}",
        f"A point an image{told}. Linear correlation of entropy and score over all images: {middle}.",
        partial(_paint_points, sets=sets, lines=_apart(lines)),
        height=2.7,
    )


def _paint_points(axes: Axes, *, sets: list[tuple[str, pd.DataFrame, str, str]], lines: list[Line]) -> None:
    for name, part, colour, mark in sets:
        if len(part):
            axes.plot(
                part["score"],
                part["entropy"],
                mark,
                color=COLOURS[colour],
                ms=3,
                alpha=0.6,
                label=titled(name),
            )
    axes.set(xlabel="score: probability of the class explained", ylabel="entropy (nats)")
    if sum(1 for name, part, *_ in sets if name and len(part)):
        axes.legend(frameon=False, fontsize=7.5, loc="best", handletextpad=0.2)
    paint_lines(axes, lines, across=True)
