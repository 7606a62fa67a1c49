"""Pictures of maps out of the set: under growing noise, and on other sets of images."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from ...auditing.collecting import Levels
from ..text import number
from ._canvas import Panel, draw_panel
from ._curves import early_share_axis, middle_half, name_above, paint_curve, score_range
from ._parts import largest, paint_ridges, row_height

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


CONDITIONS, COLUMNS = ("set", "amount"), ("entropy", "ssim", "score", "ssim_null")


def draw(levels: Levels, measure: Mapping[str, Any]) -> list[Panel]:
    """Return the panels of the out-of-set measure; those of the noise stand without another set, too.

    Parameters
    ----------
    levels
        The columns ``COLUMNS`` of the audit's out-of-set records, apart by ``CONDITIONS``.
    measure
        Its entry in the summary (not needed for these pictures).
    """
    del measure
    noise = {float(str(amount)): frame for (_, amount), frame in levels.items() if amount != ""}
    others = {str(name): frame["entropy"] for (name, amount), frame in levels.items() if amount == ""}
    return [*_sets(noise, others), *_noise(noise)]


def _sets(noise: Mapping[float, pd.DataFrame], others: Mapping[str, pd.Series]) -> list[Panel]:
    if not others or 0.0 not in noise:
        return []
    rows = [("audited images", noise[0.0]["entropy"].dropna()), *largest(others)]
    said = "; ".join(f"{name}: {number(float(part.median()))}" for name, part in rows)
    return [
        draw_panel(
            "out-of-set-entropy",
            "Entropy on the other sets",
            f"Histograms of entropy. Median in nats: {said}.",
            partial(paint_ridges, rows=rows, label="entropy (nats)", muted=0),
            height=row_height(len(rows)),
        )
    ]


def _noise(noise: Mapping[float, pd.DataFrame]) -> list[Panel]:
    if len(noise) < 2:
        return []
    nulls = {amount: each["ssim_null"] for amount, each in noise.items() if "ssim_null" in each}
    nulls = {amount: values for amount, values in nulls.items() if values.notna().any()}
    panels = []
    for column, title, label in (
        ("ssim", "Maps under noise", "SSIM with the clean map"),
        ("score", "Score under noise", "score of the class explained"),
    ):
        curve = {amount: noise[amount][column] for amount in sorted(noise)}
        said = "; ".join(f"{amount:.0%}: {number(float(values.mean()))}" for amount, values in curve.items())
        panels.append(
            draw_panel(
                f"out-of-set-noise-{column}",
                title,
                f"Mean {label} by share of noisy pixels, the middle half of the images as a band. {said}.",
                partial(_paint_noise, curve=curve, nulls=nulls if column == "ssim" else {}, label=label),
                height=3.1,
            )
        )
    return panels


def _paint_noise(axes: Axes, *, curve: Mapping[float, pd.Series], nulls: Mapping[float, pd.Series], label: str) -> None:
    paint_curve(axes, curve, colour="accent", name="mean of the noisy images", band=middle_half(curve))
    paint_curve(axes, nulls, colour="second", name="map of another image", dashed=True)
    axes.set(ylabel=label, ylim=score_range(*axes.get_ylim()))
    early_share_axis(axes, "pixels replaced by salt and pepper", list(curve))
    several = any(len(values) > 1 for values in curve.values())
    name_above(axes, "middle half of the images" if several else "")
