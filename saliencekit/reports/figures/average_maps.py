"""Average maps by class, group and run, on one scale."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from ...auditing.averages import average_maps
from ...showing.colours import COLORMAP
from ...showing.names import shorten
from ..text import counted, number
from ._canvas import COLOURS, Panel, draw_panel

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from matplotlib.axes import Axes

    Averages = Sequence[tuple[str, int, np.ndarray]]

FACTORS = (("label", "class", "classes"), ("group", "group", "groups"), ("run", "run", "runs"))
COLUMNS, MOST = 4, 12
PITCH = 1.4  # of the rows, in widths of a map: below each stand its name and count


def draw_average_maps(frame: pd.DataFrame | None) -> list[Panel]:
    """Return a panel of average maps for classes, groups and runs; the run alone where nothing else is known.

    Parameters
    ----------
    frame
        As :attr:`saliencekit.AuditResult.average_maps` has it.
    """
    if frame is None or frame.empty:
        return []
    found = {factor: list(average_maps(frame, factor)) for factor, *_ in FACTORS}
    top = max(float(salience.max()) for averages in found.values() for *_, salience in averages)
    panels = [
        _panel(factor, words, found[factor], top)
        for factor, *words in FACTORS
        if len(found[factor]) > 1 or (factor == "label" and found[factor])
    ]
    return panels or [_panel("run", ["run", "runs"], found["run"], top, title="Average map of all images")]


def _panel(factor: str, words: Sequence[str], averages: Averages, top: float, *, title: str = "") -> Panel:
    largest = sorted(averages, key=lambda each: -each[1])[:MOST]
    shown = [each for each in averages if any(each is one for one in largest)]
    word, plural = words
    part = f" (the {len(shown)} largest of {len(averages)})" if len(shown) < len(averages) else ""
    said = "; ".join(f"{name} from {number(salience.min())} to {number(salience.max())}" for name, _, salience in shown)
    rows = -(-len(shown) // COLUMNS)
    return draw_panel(
        f"average-map-by-{factor}",
        title or f"Average map of each {word}{part}",
        f"Mean of the maps, each scaled to its own range, of {counted(len(shown), word, plural)}; the same colours "
        f"in all, 0 to {number(top)}. {said}.",
        partial(_paint, averages=shown, top=top),
        height=PITCH * rows,
    )


def _paint(axes: Axes, *, averages: Averages, top: float) -> None:
    """Draw the maps side by side on axes whose unit is one map."""
    rows = -(-len(averages) // COLUMNS)
    for place, (name, images, salience) in enumerate(averages):
        left, above = place % COLUMNS, PITCH * (place // COLUMNS)
        height, width = (side / max(salience.shape) for side in salience.shape)
        box: tuple[Any, ...] = (left, left + 0.9 * width, above + 0.9 * height, above)
        axes.imshow(salience, cmap=COLORMAP, vmin=0.0, vmax=max(top, 1e-12), extent=box, interpolation="nearest")
        words = f"{shorten(name, length=14)}\nn={images:,}"
        axes.text(left, above + 0.95 * height, words, va="top", fontsize=7.5, color=COLOURS["ink"], linespacing=1.2)
    axes.set(xlim=(0, COLUMNS), ylim=(PITCH * rows, 0), aspect="equal", anchor="NW")
    axes.set_axis_off()
