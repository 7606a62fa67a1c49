"""Two tables of numbers, images by runs, held against each other: by image, or by run where there are several."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from ..functional import bootstrap_mean
from .difference import Difference, Span
from .findings.moments import Moments, shift
from .pairing import FACTORS
from .testing import rank_biserial, wilcoxon_p

if TYPE_CHECKING:
    import pandas as pd

SEED = 0


def contrast(about: Difference, a: pd.DataFrame, b: pd.DataFrame, known: pd.DataFrame | None) -> Difference:
    """Return the difference of two tables, images by runs.

    The unit is the run where both have several: then the means of the runs are compared, and how much they vary is
    what the interval knows. Else it is the image, with the mean over runs where one side has several.

    Parameters
    ----------
    about
        What is compared; its numbers are filled in.
    a, b
        Rows are the same images in the same order; an image without a number in any run is left out.
    known
        Label and group of the images, for the tables by level.
    """
    whole = a.notna().all(axis=1) & b.notna().all(axis=1)
    if not whole.any():
        return replace(about, reason="no shared image has a number in both")
    a, b = a[whole], b[whole]
    means, other = a.mean(axis=1), b.mean(axis=1)
    change = other - means
    found = replace(about, status="ok", share_higher=float((change > 0).mean() + (change == 0).mean() / 2), reason=None)
    if min(a.shape[1], b.shape[1]) > 1:
        return _by_run(found, a, b, known)
    return replace(
        found,
        a=_span(means),
        b=_span(other),
        difference=_span(change),
        groups=_levels(known, change.index, lambda rows: _span(change[rows])),
        p_value=wilcoxon_p(change),
        effect_size=rank_biserial(change),
    )


def _by_run(about: Difference, a: pd.DataFrame, b: pd.DataFrame, known: pd.DataFrame | None) -> Difference:
    from scipy.stats import ttest_ind_from_stats

    first, second = _moments(a), _moments(b)
    found = shift(second, first)
    p = 0.0 if second.mean != first.mean else 1.0  # without any spread there is nothing to doubt
    if found is not None:
        test = ttest_ind_from_stats(second.mean, second.std, second.n, first.mean, first.std, first.n, equal_var=False)
        p = float(test.pvalue)
    return replace(
        about,
        compared_by="run",
        a=_run_span(first),
        b=_run_span(second),
        difference=_between(second, first),
        groups=_levels(known, a.index, lambda rows: _between(_moments(b[rows]), _moments(a[rows]))),
        p_value=p,
        effect_size=None if found is None else found.effect,
    )


def _moments(table: pd.DataFrame) -> Moments:
    means = table.mean(axis=0)
    return Moments(len(means), float(means.mean()), float(means.std(ddof=1)))


def _run_span(found: Moments) -> Span:
    """Return the mean of the runs with Student's interval."""
    from scipy.stats import t

    reach = float(t.ppf(0.975, found.n - 1)) * found.std / found.n**0.5
    return Span(found.mean, found.mean - reach, found.mean + reach, found.std, found.n)


def _between(b: Moments, a: Moments) -> Span:
    found = shift(b, a)
    value = b.mean - a.mean
    low, high = (value, value) if found is None else (found.low, found.high)
    return Span(value, low, high, ((a.std**2 + b.std**2) / 2) ** 0.5, min(a.n, b.n))


def _levels(
    known: pd.DataFrame | None, images: pd.Index[str], span: Callable[[pd.Series[bool]], Span]
) -> dict[str, dict[str, Span]]:
    if known is None:
        return {}
    facts = known.reindex(images)
    found: dict[str, dict[str, Span]] = {}
    for factor in FACTORS:
        levels = sorted(facts[factor].dropna().unique())
        if len(levels) > 1:
            found[factor] = {str(level): span((facts[factor] == level).fillna(False).astype(bool)) for level in levels}
    return found


def _span(values: pd.Series) -> Span:
    numbers = torch.from_numpy(values.to_numpy(dtype="float64", copy=True))
    return Span.of(bootstrap_mean(numbers, seed=SEED), len(values))
