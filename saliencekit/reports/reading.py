"""A word of reading for one number: on which side of its null value it lies, and how grave what was found of it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .findings import SEVERITIES, Finding
from .findings.finding import gap_of

_BETTER = {"lower": "below", "higher": "above"}


def word_of(entry: Mapping[str, Any]) -> str:
    """Return where the interval of a measure lies against its null value; nothing where there is no such thing.

    >>> word_of({"value": 0.7, "ci_low": 0.6, "ci_high": 0.8, "null": 0.5, "direction": "higher"})
    'Better than its null value'
    >>> word_of({"value": 0.7, "ci_low": 0.4, "ci_high": 0.8, "null": 0.5, "direction": "higher"})
    'Not told apart from its null value'
    """
    gap = gap_of(entry)
    if gap is None:
        return ""
    if gap.standing == "undecided":
        return "Not told apart from its null value"
    better = _BETTER.get(entry.get("direction", ""))
    if better is None:
        return f"{gap.standing.capitalize()} its null value"
    return f"{'Better' if gap.standing == better else 'Worse'} than its null value"


def gravest(findings: Iterable[Finding], measure: str) -> str:
    """Return the gravest severity of what was found of a measure; nothing where nothing was."""
    found = {each.severity for each in findings if each.measure == measure}
    return next((each for each in SEVERITIES if each in found), "")
