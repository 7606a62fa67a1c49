"""Curves over a share of pixels, and the axes they stand on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ._canvas import COLOURS

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    Band = Mapping[float, tuple[float, float]]


def paint_curve(
    axes: Axes,
    levels: Mapping[float, pd.Series],
    *,
    colour: str,
    name: str,
    band: Band | None = None,
    dashed: bool = False,
) -> None:
    """Draw the mean of each level, and a band about it where there is one."""
    curve = {at: values for at in sorted(levels) if len(values := levels[at].dropna())}
    if not curve:
        return
    ends = {at: band[at] for at in curve if at in band} if band else {}
    if ends:
        lower, upper = zip(*ends.values(), strict=True)
        axes.fill_between(list(ends), lower, upper, color=COLOURS[colour], alpha=0.2, lw=0)
    style = (0, (4, 2)) if dashed else "solid"
    means = [float(values.mean()) for values in curve.values()]
    axes.plot(list(curve), means, color=COLOURS[colour], lw=1.5, ls=style, marker="o", ms=3, label=name)


def middle_half(levels: Mapping[float, pd.Series]) -> Band:
    """Return between what ends the middle half of the images lies at each level."""
    known = {at: values for at in sorted(levels) if len(values := levels[at].dropna())}
    return {at: (float(values.quantile(0.25)), float(values.quantile(0.75))) for at, values in known.items()}


def name_above(axes: Axes, band: str = "") -> None:
    """Write the names of the curves, and of the bands about them, above the axes, where they hide nothing."""
    from matplotlib.patches import Patch

    curves, names = axes.get_legend_handles_labels()
    shades = [Patch(color=COLOURS["muted"], alpha=0.3, lw=0)] if band else []
    axes.legend(
        [*curves, *shades],
        [*names, *([band] if band else [])],
        frameon=False,
        fontsize=7.5,
        loc="lower left",
        bbox_to_anchor=(-0.02, 1.0),
        borderaxespad=0.2,
        labelspacing=0.25,
    )


def score_range(low: float, high: float) -> tuple[float, float]:
    """Return the ends of an axis of scores: from 0 to 1, or to what there is where all scores are small.

    >>> score_range(0.3, 0.9), score_range(0.01, 0.04)
    ((0.0, 1.02), (0.0, 0.04))
    """
    return min(0.0, low), 1.02 if high > 0.5 else high


def share_axis(axes: Axes, label: str) -> None:
    """Label the lower axis, which runs over shares from 0 to 1, in per cent."""
    from matplotlib.ticker import PercentFormatter

    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))
    axes.set_xlabel(label)


def early_share_axis(axes: Axes, label: str, shares: Sequence[float]) -> None:
    """Label the lower axis as :func:`share_axis`, on a square-root scale: most happens at small shares."""
    import numpy as np

    axes.set_xscale("function", functions=(lambda each: np.sqrt(np.maximum(each, 0.0)), np.square))
    share_axis(axes, f"{label} (square-root scale)")
    axes.set_xlim(0.0, max([*shares, 0.01]) * 1.04)
    axes.set_xticks(sorted(shares))
