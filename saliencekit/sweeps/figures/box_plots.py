"""AUROC of each loss as box plots, a point a run over them: Figure 6 of piland2023droid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from ...reports.figures._canvas import COLOURS, Panel, draw_panel
from ...reports.text import number
from ..outcome import Outcome
from ..palette import look_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FEWEST_FOR_BOX = 3  # below it, quartiles are the points themselves
FEWEST_FOR_NOTCH = 10  # below it, 1.57 IQR / sqrt(n) reaches out of every box


def draw_box_plots(runs: Sequence[Outcome]) -> list[Panel]:
    """Return the panel; none where no run has an AUROC."""
    values: dict[str, list[float]] = {}
    for run in runs:
        if "auroc" in run.figures:
            values.setdefault(run.loss, []).append(run.figures["auroc"])
    if not values:
        return []
    return [
        draw_panel(
            "auroc-by-loss",
            "AUROC by loss, a point a run",
            f"{_what(values)} {'; '.join(_said(loss, own) for loss, own in values.items())}.",
            partial(_paint, values=values),
            height=0.9 + 0.4 * max(len(values), 2),
        )
    ]


def notch_note(runs: Sequence[Outcome]) -> str:
    """Return what is not drawn for want of runs, in a sentence; empty where everything is."""
    counts = [sum("auroc" in run.figures for run in runs if run.loss == loss) for loss in {run.loss for run in runs}]
    counts = [count for count in counts if count]
    if not counts or min(counts) >= FEWEST_FOR_NOTCH:
        return ""
    note = f"Notches (the median's 95 % interval) are drawn from {FEWEST_FOR_NOTCH} runs on"
    return f"{note}, boxes from {FEWEST_FOR_BOX}." if min(counts) < FEWEST_FOR_BOX else f"{note}."


def _what(values: Mapping[str, Sequence[float]]) -> str:
    if min(len(own) for own in values.values()) >= FEWEST_FOR_NOTCH:
        return "Notched box plots of AUROC, median and quartiles:"
    return "Box plots of AUROC without notches, for which there are too few runs, median and quartiles:"


def _said(loss: str, own: Sequence[float]) -> str:
    import numpy as np

    low, middle, high = np.quantile(own, [0.25, 0.5, 0.75]).tolist()
    quartiles = f" [{number(low)}, {number(high)}]" if len(own) >= FEWEST_FOR_BOX else ""
    return f"{loss} {number(middle)}{quartiles}"


def _paint(axes: Axes, *, values: Mapping[str, Sequence[float]]) -> None:
    places = range(len(values) - 1, -1, -1)
    for place, (loss, own) in zip(places, values.items(), strict=True):
        look = look_of(loss)
        line = {"color": look.light, "linewidth": 1.0}
        if len(own) >= FEWEST_FOR_BOX:
            axes.boxplot(
                [list(own)],
                positions=[place],
                orientation="horizontal",
                notch=len(own) >= FEWEST_FOR_NOTCH,
                widths=0.55,
                showfliers=False,  # every run is drawn as a point
                manage_ticks=False,
                boxprops=line,
                whiskerprops=line,
                capprops=line,
                medianprops={"color": look.light, "linewidth": 2.0, "solid_capstyle": "butt"},
            )
        shifts = [((number * 7) % 5 - 2) * 0.05 for number in range(len(own))]  # equal runs stay to be seen
        axes.plot(own, [place + shift for shift in shifts], look.mark, color=look.light, ms=3.5, alpha=0.7, mec="none")
    axes.set_yticks(list(places), list(values))
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=COLOURS["rule"], lw=0.5)
    axes.set_axisbelow(True)
    axes.spines["left"].set_visible(False)
    axes.set(xlabel="AUROC on the test images", ylim=(-0.6, len(values) - 0.4))
