"""The losses' names above the axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def paint_legend(axes: Axes) -> None:
    """Write the labels of what was drawn above the axes, three a line."""
    _, names = axes.get_legend_handles_labels()
    if names:
        axes.legend(
            loc="lower left",
            bbox_to_anchor=(0.0, 1.01),
            ncols=3,
            frameon=False,
            fontsize=7.5,
            handlelength=2.4,
            columnspacing=1.2,
            borderaxespad=0.0,
        )
