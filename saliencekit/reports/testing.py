"""Tests of a paired difference, and their correction for how many there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

ALPHA = 0.05


def wilcoxon_p(changes: pd.Series) -> float | None:
    """Return the two-sided p-value of Wilcoxon's signed-rank test; None of fewer than two differences.

    Differences of zero take part in the ranking and count for neither side (Pratt).
    """
    from scipy.stats import wilcoxon

    if len(changes) < 2:
        return None
    if not changes.any():
        return 1.0
    return float(wilcoxon(_evened(changes), zero_method="pratt", method="approx", correction=True).pvalue)


def rank_biserial(changes: pd.Series) -> float | None:
    """Return the matched-pairs rank-biserial correlation: -1 if each difference is below 0, 1 if each is above.

    The share of the ranks of the positive differences minus that of the negative ones; None without a difference.
    """
    from scipy.stats import rankdata

    if not changes.any():
        return None
    told = _evened(changes)
    told = told[told != 0]
    ranks = rankdata(np.abs(told))
    return float((ranks * np.sign(told)).sum() / ranks.sum())


def _evened(changes: pd.Series) -> np.ndarray:
    """Return differences in units of the largest, those that only rounding tells apart made equal: ties are ranked."""
    return np.asarray(np.round(changes.to_numpy() / changes.abs().max(), 9))


def holm(values: Sequence[float | None]) -> list[float | None]:
    """Return p-values corrected for how many of them there are (Holm's step-down); None stays None.

    >>> holm([0.01, None, 0.04, 0.03])
    [0.03, None, 0.06, 0.06]
    """
    given = sorted((value, place) for place, value in enumerate(values) if value is not None)
    corrected: list[float | None] = [None] * len(values)
    least = 0.0
    for rank, (value, place) in enumerate(given):
        least = max(least, min(1.0, value * (len(given) - rank)))
        corrected[place] = least
    return corrected


def p_words(value: float | None) -> str:
    """Return a p-value in words.

    >>> p_words(0.0312), p_words(1e-9), p_words(None)
    ('p = 0.031', 'p < 0.001', 'no test')
    """
    if value is None:
        return "no test"
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"
