"""Curves over a share of pixels, and the axes they stand on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ._canvas import COLOURS

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def paint_curve(
    axes: Axes,
    levels: Mapping[float, pd.Series],
    *,
    colour: str,
    name: str = "",
    band: bool = True,
    dashed: bool = False,
) -> None:
    """Draw the mean of each level with the middle half of the images as a band, its name at its end."""
    curve = {at: values for at in sorted(levels) if len(values := levels[at].dropna())}
    if not curve:
        return
    if band:
        lower, upper = ([float(values.quantile(share)) for values in curve.values()] for share in (0.25, 0.75))
        axes.fill_between(list(curve), lower, upper, color=COLOURS[colour], alpha=0.14, lw=0)
    style = (0, (4, 2)) if dashed else "solid"
    means = [float(values.mean()) for values in curve.values()]
    axes.plot(list(curve), means, color=COLOURS[colour], lw=1.5, ls=style, marker="o", ms=3, label=name)


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
