"""Pictures of degradation: the score as pixels go, and under the guided blur."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from ...auditing.collecting import Levels
from ..text import number
from ._canvas import Panel, draw_panel
from ._curves import name_above, paint_curve, score_range, share_axis
from ._parts import Line, paint_intervals, paint_lines

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from ._curves import Band

ORDERS = (
    ("salient-first", "most salient first", "accent", False),
    ("random-first", "random order", "second", True),
    ("least-first", "least salient first", "third", False),
)
_GUIDES = tuple(guide for guide, *_ in ORDERS)


CONDITIONS, COLUMNS = ("guide", "level"), ("score",)


def draw(levels: Levels, measure: Mapping[str, Any]) -> list[Panel]:
    """Return the panels of degradation: curves over the share of pixels, and the two blurs.

    Parameters
    ----------
    levels
        The columns ``COLUMNS`` of the audit's degradation records, apart by ``CONDITIONS``.
    measure
        Its entry in the summary, for the areas and for the interval of each level.
    """
    scores = {key: frame["score"] for key, frame in levels.items()}
    curves = {
        order: curve
        for order, *_ in ORDERS
        if (curve := {level: score for (guide, level), score in scores.items() if guide == order})
    }
    blurs = {str(guide): score for (guide, level), score in scores.items() if level == ""}
    return [
        *_curves(curves, measure),
        *_blurs(blurs, scores.get((ORDERS[0][0], 0.0))),
    ]  # level 0: the same in each order


def _curves(curves: Mapping[str, Mapping[Any, pd.Series]], measure: Mapping[str, Any]) -> list[Panel]:
    if not curves:
        return []
    bands = {guide: _intervals(measure, guide, curve) for guide, curve in curves.items()}
    areas = _areas(measure)
    said = "; ".join(
        f"{name}: " + ", ".join(f"{level:.0%} {number(curve[level].mean())}" for level in sorted(curve))
        for guide, name, *_ in ORDERS
        if (curve := curves.get(guide))
    )
    return [
        draw_panel(
            "degradation-curves",
            "Score as pixels are replaced",
            f"Mean score by share of replaced pixels. {said}.",
            partial(_paint_curves, curves=curves, bands=bands, areas=areas),
            height=3.3,
        )
    ]


def _intervals(measure: Mapping[str, Any], guide: str, curve: Mapping[Any, pd.Series]) -> Band:
    """Return the interval of the mean at each level, as the summary has it."""
    levels = measure.get("groups", {}).get("guide level", {})
    known = {level: levels.get(f"{guide} {level:g}", {}) for level in curve}
    ends = {level: (entry.get("ci_low"), entry.get("ci_high")) for level, entry in known.items()}
    return {level: (low, high) for level, (low, high) in ends.items() if low is not None and high is not None}


def _areas(measure: Mapping[str, Any]) -> dict[str, float | None]:
    """Return the mean area under each curve, as the summary has it."""
    least = measure.get("also", {}).get("least_first", {})
    return dict(zip(_GUIDES, (measure.get("value"), measure.get("null"), least.get("value")), strict=True))


def _paint_curves(
    axes: Axes,
    *,
    curves: Mapping[str, Mapping[Any, pd.Series]],
    bands: Mapping[str, Band],
    areas: Mapping[str, float | None],
) -> None:
    for guide, words, colour, dashed in ORDERS:
        area = areas.get(guide)
        name = words if area is None else f"{words}: area {number(area)}"
        paint_curve(axes, curves.get(guide, {}), colour=colour, name=name, band=bands.get(guide), dashed=dashed)
    axes.set(ylabel="mean score of the class explained", ylim=score_range(*axes.get_ylim()))
    share_axis(axes, "pixels replaced")
    name_above(axes, "95 % interval of the mean" if any(bands.values()) else "")


def _blurs(blurs: Mapping[str, pd.Series], clean: pd.Series | None) -> list[Panel]:
    if not blurs:
        return []
    names = {"blur-background": "background blurred", "blur-object": "object blurred"}
    levels: dict[str, dict[str, float]] = {
        names.get(guide, guide): {
            "value": float(part.median()),
            "ci_low": float(part.quantile(0.25)),
            "ci_high": float(part.quantile(0.75)),
        }
        for guide, part in sorted(blurs.items())
    }
    said = "; ".join(f"{name}: {number(entry['value'])}" for name, entry in levels.items())
    before = [] if clean is None else [Line(float(clean.median()), "clean image")]
    return [
        draw_panel(
            "degradation-blur",
            "Score under the guided blur",
            f"Median score, bars over the middle half of the images. {said}.",
            partial(_paint_blurs, levels=levels, lines=before),
            height=1.9,
        )
    ]


def _paint_blurs(axes: Axes, *, levels: Mapping[str, Mapping[str, Any]], lines: list[Line]) -> None:
    paint_intervals(axes, levels, label="score of the class explained (middle half)")
    low, high = axes.get_xlim()
    axes.set(xlim=score_range(low, max(high, *(1.1 * line.value for line in lines), 1e-9)), ylim=(-0.6, len(levels)))
    paint_lines(axes, lines)
