"""One finding, and the numbers that rules take out of a summary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Severity = Literal["warning", "notice", "info"]
SEVERITIES: tuple[Severity, ...] = ("warning", "notice", "info")
Summary = Mapping[str, Any]
Entry = Mapping[str, Any]
Number = float | int | str | None
Standing = Literal["above", "undecided", "below"]
FEW = 30  # images below which an interval that reaches the null value is no evidence of anything


@dataclass(frozen=True)
class Finding:
    """What one rule found.

    Parameters
    ----------
    id
        Of the rule, as in ``saliencekit.reports.findings.RULES``.
    severity
        ``"warning"``: do not rely on the maps before this is understood; ``"notice"``: know this when you read
        the numbers; ``"info"``: as one would wish.
    sentence
        The finding in words, with its numbers.
    measure
        Whose numbers it rests on; empty for the audit as a whole.
    numbers
        The numbers of the sentence by name.
    threshold
        When the rule speaks, in words.
    """

    id: str
    severity: Severity
    sentence: str
    measure: str
    numbers: Mapping[str, Number]
    threshold: str

    def to_dict(self) -> dict[str, Any]:
        """Return plain words and numbers, as ``summary.json`` holds them."""
        return asdict(self)


@dataclass(frozen=True)
class Gap:
    """How far a value lies over its null value, with the 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def standing(self) -> Standing:
        """Where the whole interval lies: above the null value, below it, or neither."""
        return "above" if self.low > 0 else "below" if self.high < 0 else "undecided"


def measured(summary: Summary, name: str) -> Entry | None:
    """Return the entry of a measure that has a value with an interval, or None."""
    entry: Entry | None = summary.get("measures", {}).get(name)
    return entry if entry is not None and has_interval(entry) else None


def has_interval(entry: Entry) -> bool:
    """Say whether an entry has a value and an interval."""
    return all(entry.get(key) is not None for key in ("value", "ci_low", "ci_high"))


def gap_of(entry: Entry) -> Gap | None:
    """Return the distance of a value from its null value, or None where it has none.

    Where each image has a null value of its own the distance is that of ``over_null``, taken image by image;
    else the interval of the value itself is held against the one null value.
    """
    paired = entry.get("over_null")
    if paired is not None and has_interval(paired):
        return Gap(paired["value"], paired["ci_low"], paired["ci_high"])
    null = entry.get("null")
    if null is None or not has_interval(entry):
        return None
    return Gap(entry["value"] - null, entry["ci_low"] - null, entry["ci_high"] - null)


def doubt(entry: Entry) -> Severity:
    """Return how grave it is that an interval reaches the null value: of few images it may only be their number."""
    n = entry.get("n")
    return "notice" if n is not None and n < FEW else "warning"


FEWER = f"a notice below {FEW} images, whose interval may reach it by their number alone"
