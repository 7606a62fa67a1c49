"""Figures of several runs as mean, spread and interval; two losses against one another over the seeds they share."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..errors import InputError

FEWEST_FOR_WILCOXON = 6  # of fewer pairs not even the clearest result is below .05


@dataclass(frozen=True)
class Spread:
    """A figure over runs.

    Parameters
    ----------
    n
        Number of runs that have it.
    mean
        Over these runs; None if no run has it.
    std
        Standard deviation over runs (n - 1 in the denominator); None below two runs.
    ci_low, ci_high
        95 % t interval of the mean; None below two runs.
    """

    n: int
    mean: float | None = None
    std: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None


@dataclass(frozen=True)
class Paired:
    """One loss against the baseline, over the seeds that both have finished.

    Parameters
    ----------
    n
        Number of pairs.
    difference
        Mean over pairs of loss - baseline; None without a pair.
    ci_low, ci_high
        95 % t interval of that mean; None below two pairs.
    effect
        Mean of the differences in their own standard deviations, times 1 - 3 / (4 n - 5), Hedges' correction;
        None below three pairs, for which that factor is zero, and where all differences are the same and not zero.
    t_p, wilcoxon_p
        Two-sided p of the paired t test and of Wilcoxon's signed rank test; None where they are not defined.
    t_holm, wilcoxon_holm
        The same after Holm's correction over the losses.
    """

    n: int
    difference: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    effect: float | None = None
    t_p: float | None = None
    wilcoxon_p: float | None = None
    t_holm: float | None = None
    wilcoxon_holm: float | None = None


def spread_of(values: Sequence[float]) -> Spread:
    """Return mean, standard deviation and 95 % t interval of the values of independent runs.

    Parameters
    ----------
    values
        A finite number a run; none gives an empty result.

    Raises
    ------
    InputError
        If a value is not finite.

    Examples
    --------
    >>> spread_of([1.0, 2.0, 3.0])  # 2 -+ 4.303 / sqrt(3)
    Spread(n=3, mean=2.0, std=1.0, ci_low=-0.484..., ci_high=4.484...)
    >>> spread_of([0.5])
    Spread(n=1, mean=0.5, std=None, ci_low=None, ci_high=None)
    """
    import numpy as np
    from scipy.stats import t

    if any(not math.isfinite(value) for value in values):
        raise InputError(f"expected finite numbers, got {list(values)}")
    if not values:
        return Spread(0)
    mean = float(np.mean(values))
    if len(values) == 1:
        return Spread(1, mean)
    std = float(np.std(values, ddof=1))
    reach = float(t.ppf(0.975, len(values) - 1)) * std / math.sqrt(len(values))
    return Spread(len(values), mean, std, mean - reach, mean + reach)


def paired(loss: Mapping[int, float], baseline: Mapping[int, float]) -> Paired:
    """Return how a loss differs from the baseline over the seeds that both have.

    Parameters
    ----------
    loss, baseline
        A figure by seed. A seed that one side lacks is left out.

    Returns
    -------
    Paired
        Without the corrected p values: see ``corrected``.

    Examples
    --------
    >>> found = paired({0: 0.6, 1: 0.8, 2: 0.7, 7: 0.9}, {0: 0.5, 1: 0.5, 2: 0.5, 9: 0.1})
    >>> found.n, round(found.difference, 3), round(found.t_p, 4), found.wilcoxon_p  # t = 0.2 / (0.1 / sqrt(3))
    (3, 0.2, 0.0742, 0.25)
    """
    import numpy as np

    seeds = sorted(set(loss) & set(baseline))
    changes = np.array([loss[seed] - baseline[seed] for seed in seeds])
    found = spread_of(changes.tolist())
    if found.mean is None or found.std is None:
        return Paired(found.n, found.mean)
    same = bool(np.ptp(changes) <= 1e-12 * np.abs(changes).max())  # of rounding alone no test can be made
    if same and found.mean != 0:
        return Paired(found.n, found.mean, found.ci_low, found.ci_high, wilcoxon_p=_wilcoxon(changes))
    return Paired(
        n=found.n,
        difference=found.mean,
        ci_low=found.ci_low,
        ci_high=found.ci_high,
        effect=_effect(found.n, found.mean, found.std),
        t_p=1.0 if same else _t_test(changes),
        wilcoxon_p=1.0 if same else _wilcoxon(changes),
    )


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Return p values corrected for their number by Holm's step-down rule.

    The i-th smallest of m is multiplied by m + 1 - i; none becomes smaller than the one before, nor larger
    than 1. None stays None, and does not count.

    References
    ----------
    Holm, "A simple sequentially rejective multiple test procedure", 1979.

    Examples
    --------
    >>> holm([0.04, 0.01, None, 0.03])
    [0.06, 0.03, None, 0.06]
    """
    order = sorted((p, place) for place, p in enumerate(p_values) if p is not None)
    found: list[float | None] = [None] * len(p_values)
    least = 0.0
    for rank, (p, place) in enumerate(order):
        least = max(least, min(1.0, p * (len(order) - rank)))
        found[place] = least
    return found


def corrected(found: Mapping[str, Paired]) -> dict[str, Paired]:
    """Return the comparisons of several losses with their p values corrected over these losses."""
    from dataclasses import replace

    t_holm = holm([each.t_p for each in found.values()])
    wilcoxon_holm = holm([each.wilcoxon_p for each in found.values()])
    return {
        name: replace(each, t_holm=t, wilcoxon_holm=wilcoxon)
        for (name, each), t, wilcoxon in zip(found.items(), t_holm, wilcoxon_holm, strict=True)
    }


def _effect(n: int, mean: float, std: float) -> float | None:
    if mean == 0:
        return 0.0
    return mean / std * (1 - 3 / (4 * n - 5)) if n > 2 else None


def _t_test(changes: object) -> float:
    from scipy.stats import ttest_1samp

    return float(ttest_1samp(changes, 0.0).pvalue)


def _wilcoxon(changes: object) -> float:
    from scipy.stats import wilcoxon

    return float(wilcoxon(changes).pvalue)
