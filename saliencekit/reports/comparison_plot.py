"""A comparison as a notebook shows it: a figure, a frame, a table."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..errors import UsageError
from ..showing.names import shorten
from .difference import Difference, Span
from .figures._canvas import COLOURS, STYLE, WIDTH
from .text import number

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from ..showing.notebook import NotebookFigure

VERDICTS = {"a": "A is better", "b": "B is better", "undecided": "not told apart", "no better end": "they differ"}
ROW = 0.95  # inches of a measure
NUMBERS = ("a", "b", "difference", "ci_low", "ci_high", "p_value", "p_holm", "effect_size")


def comparison_frame(differences: Sequence[Difference]) -> pd.DataFrame:
    """Return a row a measure: both means, their difference with its interval, the test, and who is better."""
    import pandas as pd

    columns = (*NUMBERS[:5], "unit", *NUMBERS[5:], "compared_by", "outcome", "reason")
    rows = {}
    for each in differences:
        found = each.difference
        rows[each.measure] = {
            "a": each.a.value if each.a else None,
            "b": each.b.value if each.b else None,
            "difference": found.value if found else None,
            "ci_low": found.ci_low if found else None,
            "ci_high": found.ci_high if found else None,
            "unit": each.unit,
            "p_value": each.p_value,
            "p_holm": each.p_holm,
            "effect_size": each.effect_size,
            "compared_by": each.compared_by if found else None,
            "outcome": VERDICTS[each.outcome] if found else None,
            "reason": each.reason,
        }
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=list(columns))
    return frame.astype(dict.fromkeys(NUMBERS, "float64"))


def comparison_html(names: tuple[str, str], images: int, sentences: Sequence[str], frame: pd.DataFrame) -> str:
    """Return what a notebook shows: who is compared, the table, and the sentences below."""
    who = f"<p><b>A</b> {html.escape(names[0])}, <b>B</b> {html.escape(names[1])}: {images:,d} shared images</p>"
    shown = frame.drop(columns=["compared_by", "reason"])
    table = shown.to_html(
        float_format=lambda value: f"{value:.3f}",
        formatters=dict.fromkeys(("p_value", "p_holm"), _probability),
        na_rep="",
        border=0,
    )
    return who + table + "".join(f"<p>{html.escape(each)}</p>" for each in sentences)


def _probability(value: object) -> str:
    return "" if not isinstance(value, float) or math.isnan(value) else "< 0.001" if value < 0.001 else f"{value:.3f}"


def plot_comparison(names: tuple[str, str], differences: Sequence[Difference]) -> NotebookFigure:
    """Return a figure: of each measure both means with their intervals, and beside them the difference.

    Raises
    ------
    UsageError
        If no measure was compared.
    """
    from ..showing.notebook import NotebookFigure, plain_style

    compared = [each for each in differences if each.difference is not None]
    if not compared:
        raise UsageError("no measure was compared: there is nothing to draw")
    with plain_style(STYLE):
        figure = NotebookFigure(
            figsize=(WIDTH * 2, ROW * len(compared) + 0.45), facecolor="white", layout="constrained"
        )
        heading = ", ".join(f"{letter}: {shorten(name)}" for letter, name in zip("AB", names, strict=True))
        figure.suptitle(heading, x=0.01, ha="left", fontsize=10)
        every: Any = figure.subplots(len(compared), 2, squeeze=False)
        for (left, right), each in zip(every, compared, strict=True):
            _paint_means(left, each)
            _paint_difference(right, each)
    return figure


def _paint_means(axes: Axes, each: Difference) -> None:
    for place, span, letter, colour in ((1, each.a, "A", "muted"), (0, each.b, "B", "accent")):
        if span is not None:
            _paint_span(axes, span, place, COLOURS[colour])
        axes.axhline(place, color=COLOURS["rule"], lw=0.6, zorder=0)
        axes.text(-0.02, place, letter, transform=axes.get_yaxis_transform(), ha="right", va="center")
    unit = "" if f"({each.unit})" in each.name else f", {each.unit}"
    axes.set_title(f"{each.name}{unit}", loc="left", fontsize=9.5)
    bare_row(axes, (-0.6, 1.6))


def _paint_difference(axes: Axes, each: Difference) -> None:
    found = each.difference
    if found is None:
        return
    axes.axvline(0, color=COLOURS["second"], lw=1.0, ls=(0, (4, 2)), zorder=1)
    axes.axhline(0, color=COLOURS["rule"], lw=0.6, zorder=0)
    _paint_span(axes, found, 0, COLOURS["ink"])
    axes.set_title(f"B − A: {number(found.value)}", loc="left", fontsize=8.5)
    axes.set_title(VERDICTS[each.outcome], loc="right", fontsize=8.5, color=COLOURS["muted"])
    bare_row(axes, (-0.8, 0.8))


def _paint_span(axes: Axes, span: Span, place: float, colour: str) -> None:
    axes.plot([span.ci_low, span.ci_high], [place, place], color=colour, lw=3, alpha=0.45)
    axes.plot(span.value, place, "o", color=colour, ms=4.5)


def bare_row(axes: Axes, ends: tuple[float, float]) -> None:
    """Leave of a row of measures its lower axis, with room at both sides."""
    from matplotlib.ticker import MaxNLocator

    axes.set(ylim=ends, yticks=[])
    axes.margins(x=0.12)
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.spines["left"].set_visible(False)
