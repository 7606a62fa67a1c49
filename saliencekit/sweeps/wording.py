"""The table's numbers as people read them, the same on the terminal and in the page."""

from __future__ import annotations

from ..reports.text import NOTHING, counted, interval, number
from .comparing import Paired, Spread
from .table import Agreement, SweepTable


def spread_words(found: Spread | None) -> str:
    """Return mean and standard deviation.

    >>> spread_words(Spread(3, 0.75, 0.125, 0.44, 1.06)), spread_words(Spread(1, 0.75)), spread_words(Spread(0))
    ('0.750 ± 0.125', '0.750', '–')
    """
    if found is None or found.mean is None:
        return NOTHING
    return number(found.mean) if found.std is None else f"{number(found.mean)} ± {number(found.std)}"


def interval_words(found: Spread | Paired | None) -> str:
    """Return the interval in brackets.

    >>> interval_words(Spread(3, 0.75, 0.125, 0.25, 1.0))
    '[0.250, 1.000]'
    """
    return "" if found is None else interval(found.ci_low, found.ci_high)


def difference_words(found: Paired | None) -> str:
    """Return the mean difference with its sign.

    >>> difference_words(Paired(3, 0.05)), difference_words(Paired(3, -0.05)), difference_words(None)
    ('+0.050', '−0.050', '–')
    """
    if found is None or found.difference is None:
        return NOTHING
    return f"{'+' if found.difference > 0 else ''}{number(found.difference)}"


def p_words(p: float | None) -> str:
    """Return a p value; very small ones as a bound.

    >>> p_words(0.0123), p_words(0.00001), p_words(None), p_words(1.0)
    ('.012', '< .001', '–', '1')
    """
    if p is None:
        return NOTHING
    if p < 0.001:
        return "< .001"
    return "1" if p > 0.9995 else f"{p:.3f}"[1:]


def stability_words(found: Agreement | None) -> str:
    """Return the stability with its interval and its null value.

    >>> stability_words(Agreement(0.5, 0.4, 0.6, 0.25)), stability_words(Agreement(reason="one run"))
    ('0.500 [0.400, 0.600], null 0.250', '–')
    """
    if found is None or found.value is None:
        return NOTHING
    null = "" if found.null is None else f", null {number(found.null)}"
    return f"{number(found.value)} {interval(found.ci_low, found.ci_high)}".strip() + null


def runs_words(table: SweepTable) -> str:
    """Return how many runs came to their end, of how many.

    >>> runs_words(SweepTable(None, (), ()))
    '0 runs'
    """
    finished = len(table.runs) - len(table.failed)
    return f"{finished} of {counted(len(table.runs), 'run')}" if table.failed else counted(finished, "run")
