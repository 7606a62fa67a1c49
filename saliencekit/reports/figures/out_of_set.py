"""Pictures of maps out of the set: under growing noise, and on other sets of images."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from ..text import number
from ._canvas import COLOURS, Panel, draw_panel
from ._curves import paint_curve, score_range, share_axis
from ._parts import by_level, paint_ridges, row_height

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


COLUMNS = ("set", "amount", "entropy", "ssim", "score", "ssim_null")


def draw(frame: pd.DataFrame, measure: Mapping[str, Any]) -> list[Panel]:
    """Return the panels of the out-of-set measure; those of the noise stand without another set, too.

    Parameters
    ----------
    frame
        The audit's out-of-set records, with the columns ``COLUMNS`` (more do no harm).
    measure
        Its entry in the summary (not needed for these pictures).
    """
    del measure
    noise, others = frame[frame["amount"].notna()], frame[frame["amount"].isna()]
    return [*_sets(noise, others), *_noise(noise)]


def _sets(noise: pd.DataFrame, others: pd.DataFrame) -> list[Panel]:
    clean = noise[noise["amount"] == 0]
    if others.empty or clean.empty:
        return []
    rows = [("audited images", clean["entropy"].dropna()), *by_level(others, "set", "entropy")]
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


def _noise(noise: pd.DataFrame) -> list[Panel]:
    if noise["amount"].nunique() < 2:
        return []
    panels = []
    for column, title, label in (
        ("ssim", "Maps under noise", "SSIM with the clean map"),
        ("score", "Score under noise", "score of the class explained"),
    ):
        means = noise.groupby("amount")[column].mean()
        said = "; ".join(f"{amount:.0%}: {number(value)}" for amount, value in means.items())
        panels.append(
            draw_panel(
                f"out-of-set-noise-{column}",
                title,
                f"Mean {label} by share of noisy pixels, the middle half of the images as a band. {said}.",
                partial(_paint_noise, noise=noise, column=column, label=label),
            )
        )
    return panels


def _paint_noise(axes: Axes, *, noise: pd.DataFrame, column: str, label: str) -> None:
    paint_curve(axes, noise, "amount", column, colour="accent")
    if column == "ssim" and "ssim_null" in noise and noise["ssim_null"].notna().any():
        paint_curve(axes, noise, "amount", "ssim_null", colour="second", band=False, dashed=True)
        first = noise[noise["ssim_null"].notna()].groupby("amount")["ssim_null"].mean()
        axes.annotate(
            "map of another image",
            (float(noise["amount"].min()), float(first.iloc[0])),
            color=COLOURS["second"],
            xytext=(0, 7),
            textcoords="offset points",
            fontsize=7.5,
        )
    axes.set(ylabel=label, ylim=score_range(*axes.get_ylim()))
    share_axis(axes, "pixels replaced by salt and pepper")
