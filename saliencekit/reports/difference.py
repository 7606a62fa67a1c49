"""One measure in two audits: means, paired difference, and what can be said of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from .text import counted, interval, number, titled

if TYPE_CHECKING:
    from ..functional.bootstrap import Interval

Outcome = Literal["a", "b", "undecided", "no better end"]


@dataclass(frozen=True)
class Span:
    """A value with its 95 % bootstrap interval over ``n`` images."""

    value: float
    ci_low: float
    ci_high: float
    std: float
    n: int

    @classmethod
    def of(cls, found: Interval, n: int) -> Span:
        """Take over what :func:`saliencekit.functional.bootstrap_mean` found."""
        return cls(value=found.value, ci_low=found.low, ci_high=found.high, std=found.std, n=n)


@dataclass(frozen=True)
class Difference:
    """One measure in two audits.

    Parameters
    ----------
    measure, quantity, unit, direction
        What is compared; the quantity is a column of the measure's numbers per image.
    status, reason
        ``"ok"``, or ``"not applicable"`` with the reason.
    a, b
        Mean over the images that both audits hold; None if not applicable.
    difference
        Mean over those images of b - a.
    share_higher
        Share of those images on which b is higher than a; ties count half.
    groups
        The difference by factor (label, group) and level.
    """

    measure: str
    quantity: str
    unit: str
    direction: str
    status: str
    reason: str | None = None
    a: Span | None = None
    b: Span | None = None
    difference: Span | None = None
    share_higher: float | None = None
    groups: Mapping[str, Mapping[str, Span]] | None = None

    @property
    def outcome(self) -> Outcome:
        """Which audit is better where the interval excludes zero and the measure has a better end."""
        found = self.difference
        if found is None or found.n < 2 or found.ci_low <= 0 <= found.ci_high:
            return "undecided"
        if self.direction not in ("lower", "higher"):
            return "no better end"
        return "b" if (found.value > 0) == (self.direction == "higher") else "a"

    @property
    def sentence(self) -> str:
        """The finding in words."""
        name = titled(self.measure)
        if self.quantity != self.measure:
            name += f" ({titled(self.quantity)})"
        if self.difference is None or self.a is None or self.b is None:
            return f"{name}: not compared, {self.reason}."
        found = self.difference
        means = (
            f"{number(self.b.value)} in B against {number(self.a.value)} in A over {counted(found.n, 'shared image')}"
        )
        change = f"the difference B − A is {number(found.value)} {interval(found.ci_low, found.ci_high)} {self.unit}"
        return f"{name}: {means}; {change}. {self._verdict()}"

    def _verdict(self) -> str:
        if self.difference is not None and self.difference.n < 2:
            return "One image decides nothing."
        return {
            "a": f"{self.direction.capitalize()} is better, and the interval excludes zero: A is better here.",
            "b": f"{self.direction.capitalize()} is better, and the interval excludes zero: B is better here.",
            "undecided": "The interval holds zero: these images do not tell the two apart.",
            "no better end": "The interval excludes zero, but neither end of this measure is better by itself.",
        }[self.outcome]
