"""Entropy of the maps over the epochs of training, loss by loss: Figure 3 of piland2023droid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ...reports.figures._canvas import Panel, draw_panel
from ...reports.figures._parts import Line, paint_lines
from ...reports.text import number
from ..palette import look_of
from ._legend import paint_legend

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

COLUMNS = {"val/map_entropy": "validation images", "train/map_entropy": "training images"}
LINES = {"map_entropy/maximum": "uniform map", "map_entropy/human": "human maps"}

ABOVE = 0.08  # of the height


@dataclass(frozen=True)
class Course:
    """Entropy over epochs: mean over seeds, standard error (0 of a single seed), and the epochs."""

    epochs: list[float]
    mean: list[float]
    error: list[float]


def course_of(runs: Sequence[pd.DataFrame], column: str) -> Course:
    """Return the mean of a column over runs at every epoch that all of them have, and its standard error.

    >>> import pandas as pd
    >>> longer = pd.DataFrame({"epoch": [0, 1, 2], "h": [1.0, 2.0, 9.0]})
    >>> course_of([pd.DataFrame({"epoch": [0, 1], "h": [3.0, 2.0]}), longer], "h")
    Course(epochs=[0, 1], mean=[2.0, 2.0], error=[1.0, 0.0])
    """
    import pandas as pd

    known = [run.dropna(subset=[column]).drop_duplicates("epoch", keep="last") for run in runs if column in run]
    if not known:
        return Course([], [], [])
    table = pd.concat([run.set_index("epoch")[column] for run in known], axis=1, join="inner").sort_index()
    error = table.sem(axis=1) if len(known) > 1 else table.iloc[:, 0] * 0.0
    return Course(table.index.tolist(), table.mean(axis=1).tolist(), error.tolist())


def draw_epochs(epochs: Mapping[str, Sequence[pd.DataFrame]]) -> list[Panel]:
    """Return the panel of the epochs of each loss's runs; none where no run has recorded entropy.

    Parameters
    ----------
    epochs
        By loss, a data frame a run with the columns of ``metrics.csv``.
    """
    courses, images = _courses(epochs)
    if not courses:
        return []
    lines = reference_lines([run for runs in epochs.values() for run in runs])
    said = "; ".join(f"{loss}: {number(each.mean[0])} to {number(each.mean[-1])}" for loss, each in courses.items())
    held = "".join(f" {line.name.capitalize()}: {number(line.value)}." for line in lines)
    return [
        draw_panel(
            "entropy-over-epochs",
            "Map entropy over the epochs of training",
            f"Mean over runs of the entropy of the {images}' maps in nats, first to last epoch: {said}.{held}",
            partial(_paint, courses=courses, lines=lines, images=images),
            height=3.2,
        )
    ]


def reference_lines(runs: Sequence[pd.DataFrame]) -> list[Line]:
    """Return what the entropies are held against: that of a uniform map, and of the human maps."""
    found = []
    for column, name in LINES.items():
        values = [value for run in runs if column in run for value in run[column].dropna()[-1:]]
        if values:
            found.append(Line(float(sum(values)) / len(values), name))
    return found


def _courses(epochs: Mapping[str, Sequence[pd.DataFrame]]) -> tuple[dict[str, Course], str]:
    for column, images in COLUMNS.items():
        courses = {loss: found for loss, runs in epochs.items() if (found := course_of(runs, column)).epochs}
        if courses:
            return courses, images
    return {}, ""


def _paint(axes: Axes, *, courses: Mapping[str, Course], lines: Sequence[Line], images: str) -> None:
    from matplotlib.ticker import MaxNLocator

    for loss, each in courses.items():
        look = look_of(loss)
        low, high = ([m + sign * e for m, e in zip(each.mean, each.error, strict=True)] for sign in (-1, 1))
        axes.fill_between(each.epochs, low, high, color=look.light, alpha=0.16, lw=0)
        mark = look.mark if len(each.epochs) == 1 else ""
        axes.plot(each.epochs, each.mean, marker=mark, color=look.light, ls=look.dash, lw=1.3, ms=4, label=loss)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set(xlabel="epoch", ylabel=f"map entropy (nats),\n{images}")
    paint_lines(axes, lines, across=True)
    bottom, top = axes.get_ylim()
    axes.set_ylim(bottom, top + ABOVE * (top - bottom))  # else the name of the highest line lies in the legend
    paint_legend(axes)
