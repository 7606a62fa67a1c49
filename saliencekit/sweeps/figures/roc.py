"""Mean ROC curve of each loss with the standard error of its runs: Figure 7 of piland2023droid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from ...reports.figures._canvas import COLOURS, Panel, draw_panel
from ...reports.text import number
from ..palette import look_of
from ._legend import paint_legend

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes

STEPS = 201
TOLD = (0.01, 0.05, 0.1)


class MeanRoc(NamedTuple):
    """True positive rates at :data:`STEPS` evenly spaced false positive rates: mean over runs, standard error."""

    mean: np.ndarray
    error: np.ndarray


def mean_roc(curves: Sequence[tuple[np.ndarray, np.ndarray]]) -> MeanRoc:
    """Return the mean of ROC curves at the same false positive rates, and its standard error over the runs.

    Parameters
    ----------
    curves
        False and true positive rates of a run each, both rising from 0 to 1. Between its points a curve is
        straight; at a jump its upper end counts.

    Examples
    --------
    >>> import numpy as np
    >>> chance, better = np.array([0.0, 1.0]), np.array([0.0, 0.5, 1.0])
    >>> found = mean_roc([(chance, chance), (better, np.array([0.0, 0.9, 1.0]))])
    >>> found.mean[100].round(3), found.error[100].round(3)  # of .5 and .9
    (np.float64(0.7), np.float64(0.2))
    """
    import numpy as np

    at = np.linspace(0.0, 1.0, STEPS)
    rates = np.stack([np.interp(at, fpr, tpr) for fpr, tpr in curves])
    error = rates.std(0, ddof=1) / np.sqrt(len(rates)) if len(rates) > 1 else np.zeros(STEPS)
    return MeanRoc(rates.mean(0), error)


def draw_roc(curves: Mapping[str, Sequence[tuple[np.ndarray, np.ndarray]]]) -> list[Panel]:
    """Return the panel of the curves by loss; none where there are none."""
    means = {loss: mean_roc(own) for loss, own in curves.items() if own}
    if not means:
        return []
    heads = ", ".join(f"{100 * rate:.0f}" for rate in TOLD)
    said = "; ".join(f"{loss}: {_said(found)}" for loss, found in means.items())
    return [
        draw_panel(
            "mean-roc",
            "Mean ROC over runs, with its standard error",
            f"True positive rate at {heads} % false positives, mean over runs: {said}.",
            partial(_paint, means=means),
            height=3.6,
        )
    ]


def _said(found: MeanRoc) -> str:
    return ", ".join(number(float(found.mean[round(rate * (STEPS - 1))])) for rate in TOLD)


def _paint(axes: Axes, *, means: Mapping[str, MeanRoc]) -> None:
    import numpy as np

    at = np.linspace(0.0, 1.0, STEPS)
    axes.plot([0, 1], [0, 1], color=COLOURS["rule"], lw=0.8)
    for loss, found in means.items():
        look = look_of(loss)
        low, high = found.mean - found.error, found.mean + found.error
        axes.fill_between(at, low.clip(0), high.clip(max=1), color=look.light, alpha=0.16, lw=0)
        axes.plot(at, found.mean, color=look.light, ls=look.dash, lw=1.3, label=loss)
    axes.set(xlabel="false positive rate", ylabel="true positive rate", xlim=(0, 1), ylim=(0, 1.02))
    axes.set_aspect("equal")
    paint_legend(axes)
