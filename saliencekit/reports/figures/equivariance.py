"""Pictures of equivariance: the agreement after each transform, and what the transform did to the score."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from ...auditing.collecting import Levels
from ..text import number
from ._canvas import COLOURS, Panel, draw_panel
from ._parts import paint_intervals

if TYPE_CHECKING:
    from matplotlib.axes import Axes


CONDITIONS, COLUMNS = ("transform",), ("score_change", "ssim_null")
OTHER = "map of another image"


def draw(levels: Levels, measure: Mapping[str, Any]) -> list[Panel]:
    """Return the panels of equivariance; none if there is no row.

    Parameters
    ----------
    levels
        The columns ``COLUMNS`` of the audit's equivariance records, apart by ``CONDITIONS``.
    measure
        Its entry in the summary, for value and interval of each transform.
    """
    entries = measure.get("groups", {}).get("transform", {})
    if not levels or not entries:
        return []
    nulls = {str(name): float(part["ssim_null"].mean()) for (name,), part in levels.items() if "ssim_null" in part}
    height = 0.7 + 0.22 * len(entries)
    said = "; ".join(f"{name}: {number(entry.get('value'))}" for name, entry in entries.items())
    agreement = draw_panel(
        "equivariance-by-transform",
        "Agreement after each transform",
        f"Mean SSIM with 95 % interval, and the null value as a diamond. {said}.",
        partial(
            paint_intervals, levels=entries, label="SSIM of the map brought back upright", nulls=nulls, null_is=OTHER
        ),
        height=height + 0.2,
    )
    changes: dict[str, dict[str, float]] = {
        str(name): {
            "value": float(part.median()),
            "ci_low": float(part.quantile(0.25)),
            "ci_high": float(part.quantile(0.75)),
        }
        for (name,), frame in levels.items()
        if len(part := frame["score_change"].dropna())
    }
    said = "; ".join(f"{name}: {number(row['value'])}" for name, row in changes.items())
    score = draw_panel(
        "equivariance-score-change",
        "Change of the score",
        f"Median change of the class score, bars over the middle half of the images. {said}.",
        partial(_paint_changes, levels={name: changes.get(name, {}) for name in entries}),
        height=height,
    )
    return [agreement, score]


def _paint_changes(axes: Axes, *, levels: Mapping[str, Mapping[str, Any]]) -> None:
    paint_intervals(axes, levels, label="score after minus score before (middle half)")
    axes.axvline(0.0, color=COLOURS["muted"], lw=0.8, zorder=1)
