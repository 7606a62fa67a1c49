"""The ROC figure of an evaluation: a line a generator, and the low false positive rates on a scale of their own."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from ..evaluation.result import FIGURE, Evaluation
from ..files import write_text
from ..showing.names import shorten
from .figures._canvas import COLOURS, Panel, draw_panel
from .text import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_LINES = 8
_HUES = ("accent", "second", "third")
_DASHES: tuple[Any, ...] = ("solid", (0, (4, 1.5)), (0, (1, 1)))


def write_roc(evaluation: Evaluation) -> None:
    """Write ``roc.svg`` into the folder of an evaluation; none where there is no curve."""
    if evaluation.summary.get("roc"):
        write_text(evaluation.folder / FIGURE, roc_panel(evaluation.summary).svg)


def roc_panel(summary: Mapping[str, Any]) -> Panel:
    """Return the ROC figure: the pooled curve, and one a generator where there are at most eight.

    Parameters
    ----------
    summary
        Content of ``evaluation.json``, with a ``roc``.
    """
    pooled = summary["pooled"]["auroc"]["value"]
    curves = summary.get("roc_groups") or {}
    curves = curves if 1 < len(curves) <= MOST_LINES else {}
    alt = f"ROC curve over all images, AUROC {number(pooled)}"
    if curves:
        alt += "; " + ", ".join(
            f"{shorten(name)} {number(summary['groups'][name]['auroc']['value'])}" for name in curves
        )
    rows = -(-(len(curves) + 1) // 2)
    return draw_panel(
        "roc",
        "True positives over false positives",
        f"{alt}.",
        lambda axes: _paint(axes, summary, curves),
        height=5.2 + 0.19 * rows,
    )


def _paint(axes: Axes, summary: Mapping[str, Any], curves: Mapping[str, Mapping[str, Any]]) -> None:
    """Draw the whole curve above, and its beginning below on a logarithmic scale, in place of ``axes``."""
    figure = cast("Figure", axes.figure)
    axes.remove()
    whole, low = figure.subplots(2, 1, height_ratios=(2, 1))
    for each in (whole, low):
        _paint_curves(each, summary, curves)
        each.set(ylim=(0, 1.01), ylabel="true positive rate")
    whole.plot([0, 1], [0, 1], color=COLOURS["rule"], lw=0.8, zorder=0)
    whole.set(xlim=(-0.01, 1))
    decades = range(-max(2, min(5, math.ceil(math.log10(summary["pooled"]["n"]["real"])))), 1)
    low.set(xscale="log", xlim=(10.0 ** decades[0], 1), xlabel="false positive rate, below on a logarithmic scale")
    low.set_xticks([10.0**each for each in decades], [f"{10.0**each:g}" for each in decades])
    low.minorticks_off()
    names = whole.get_legend_handles_labels()
    figure.legend(*names, loc="outside lower center", ncols=2, frameon=False, fontsize=7.5)


def _paint_curves(axes: Axes, summary: Mapping[str, Any], curves: Mapping[str, Mapping[str, Any]]) -> None:
    for place, (name, curve) in enumerate(curves.items()):
        value = number(summary["groups"][name]["auroc"]["value"])
        axes.plot(
            curve["fpr"],
            curve["tpr"],
            color=COLOURS[_HUES[place % len(_HUES)]],
            ls=_DASHES[place // len(_HUES)],
            lw=1.0,
            label=f"{shorten(name, length=24)}  {value}",
        )
    pooled = summary["roc"]
    label = f"all  {number(summary['pooled']['auroc']['value'])}"
    axes.plot(pooled["fpr"], pooled["tpr"], color=COLOURS["ink"], lw=1.6, label=label)
