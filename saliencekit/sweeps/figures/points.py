"""AUROC against the mean entropy of the maps, a point a run: Figure 5 of piland2023droid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from ...reports.figures._canvas import Panel, draw_panel
from ...reports.text import counted, number
from ..outcome import Outcome
from ..palette import look_of
from ._legend import paint_legend

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Points = dict[str, list[tuple[float, float]]]
FEWEST = 4  # points below which a rank correlation says nothing


def draw_points(runs: Sequence[Outcome]) -> list[Panel]:
    """Return the panel; none where no run has both figures."""
    points: Points = {}
    for run in runs:
        if {"auroc", "map_entropy"} <= set(run.figures):
            points.setdefault(run.loss, []).append((run.figures["map_entropy"], run.figures["auroc"]))
    if not points:
        return []
    means = "; ".join(f"{loss}: {_mean(own, 0)} nats, {_mean(own, 1)}" for loss, own in points.items())
    total = sum(len(own) for own in points.values())
    return [
        draw_panel(
            "auroc-against-entropy",
            "AUROC against mean map entropy, a point a run",
            f"{counted(total, 'run')}, mean entropy of the test images' maps and AUROC. {_correlation(points)}"
            f"Mean of the runs: {means}.",
            partial(_paint, points=points),
            height=3.0,
        )
    ]


def _mean(own: Sequence[tuple[float, float]], place: int) -> str:
    return number(sum(each[place] for each in own) / len(own))


def _correlation(points: Mapping[str, Sequence[tuple[float, float]]]) -> str:
    from scipy.stats import spearmanr

    every = [each for own in points.values() for each in own]
    if len(every) < FEWEST or any(len({each[place] for each in every}) < 2 for place in (0, 1)):
        return ""
    found = float(spearmanr([each[0] for each in every], [each[1] for each in every]).statistic)
    return f"Rank correlation over all runs: {number(found)}. "


def _paint(axes: Axes, *, points: Points) -> None:
    for loss, own in points.items():
        look = look_of(loss)
        x, y = [each[0] for each in own], [each[1] for each in own]
        axes.plot(x, y, look.mark, color=look.light, ms=4.5, alpha=0.85, mec="none", label=loss)
    axes.set(xlabel="mean map entropy of the test images (nats)", ylabel="AUROC")
    axes.margins(0.06)
    paint_legend(axes)
