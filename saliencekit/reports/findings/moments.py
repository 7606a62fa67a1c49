"""Two samples known by count, mean and spread alone: how far apart they are."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from .finding import Entry


@dataclass(frozen=True)
class Moments:
    """Count, mean and standard deviation (n - 1 in the denominator) of a sample."""

    n: int
    mean: float
    std: float

    @classmethod
    def of(cls, entry: Entry) -> Moments | None:
        """Take them from a level of the summary; None if it has no spread."""
        if entry.get("value") is None or entry.get("std") is None:
            return None
        return cls(entry["n"], entry["value"], entry["std"])

    @classmethod
    def together(cls, parts: Iterable[Moments]) -> Moments:
        """Return the moments of several samples put together, at least two values in all.

        >>> Moments.together([Moments(2, 1.0, 0.0), Moments(2, 3.0, 0.0)])
        Moments(n=4, mean=2.0, std=1.1547005383792515)
        """
        samples = list(parts)
        n = sum(each.n for each in samples)
        mean = sum(each.n * each.mean for each in samples) / n
        squares = sum((each.n - 1) * each.std**2 + each.n * (each.mean - mean) ** 2 for each in samples)
        return cls(n, mean, math.sqrt(squares / (n - 1)))


@dataclass(frozen=True)
class Shift:
    """Mean of one sample minus mean of another, with its interval, and Hedges' g."""

    value: float
    low: float
    high: float
    effect: float


def shift(a: Moments, b: Moments, *, comparisons: int = 1) -> Shift | None:
    """Return by how much the mean of ``a`` lies over that of ``b``, or None where neither has any spread.

    The interval is Welch's, 95 % over as many ``comparisons`` together (Bonferroni).
    """
    from scipy.stats import t

    parts = [each.std**2 / each.n for each in (a, b)]
    error = math.sqrt(sum(parts))
    if error == 0 or min(a.n, b.n) < 2:
        return None
    freedom = sum(parts) ** 2 / (parts[0] ** 2 / (a.n - 1) + parts[1] ** 2 / (b.n - 1))
    reach = float(t.ppf(1 - 0.025 / comparisons, freedom)) * error
    value = a.mean - b.mean
    n = a.n + b.n
    spread = math.sqrt(((a.n - 1) * a.std**2 + (b.n - 1) * b.std**2) / (n - 2))
    return Shift(value, value - reach, value + reach, value / spread * (1 - 3 / (4 * n - 9)))
