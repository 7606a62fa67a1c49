"""The curve of a training run's mean map entropy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..errors import UsageError
from ..showing.notebook import NotebookFigure, plain_style

CURVE, LIMIT, MUTED = "#1f6391", "#a8530f", "#5c646d"  # as in the reports


def entropy_curve(history: Sequence[Mapping[str, float]], *, step: str = "step") -> NotebookFigure:
    """Return the curve of ``entropy`` over ``step``, with the line of a uniform map on the same grid.

    Raises
    ------
    UsageError
        If there is nothing to draw.

    Examples
    --------
    >>> figure = entropy_curve([{"step": 0, "entropy": 1.0, "entropy_normalized": 0.5}])
    >>> [float(line.get_ydata()[-1]) for line in figure.axes[0].lines]
    [1.0, 2.0]
    """
    if not history:
        raise UsageError("there has been no look at the maps yet, and so there is nothing to draw")
    # of a grid of one cell both are 0
    even = max(row["entropy"] / row["entropy_normalized"] if row["entropy_normalized"] else 0.0 for row in history)
    from matplotlib.ticker import MaxNLocator

    with plain_style():
        figure = NotebookFigure(figsize=(4.6, 2.6), facecolor="white", layout="constrained")
        axes = figure.add_subplot()
        steps = [row[step] for row in history]
        axes.plot(steps, [row["entropy"] for row in history], color=CURVE, lw=1.5, marker="o", ms=3)
        axes.axhline(even, color=LIMIT, lw=1.0, ls=(0, (4, 2)))
        axes.annotate(
            "uniform map",
            (1.0, even),
            xycoords=("axes fraction", "data"),
            xytext=(0, 3),
            textcoords="offset points",
            ha="right",
            fontsize=7.5,
            color=LIMIT,
        )
        axes.set(xlabel=step, ylabel="mean entropy of the maps (nats)")
        axes.margins(y=0.12)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(color=MUTED, labelcolor=MUTED, length=2.5)
        axes.spines[["left", "bottom"]].set_color(MUTED)
    return figure
