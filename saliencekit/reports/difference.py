"""One measure in two audits: means, difference, test, and what can be said of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from .testing import ALPHA, p_words
from .text import counted, interval, number, titled
from .words import quantity_words

if TYPE_CHECKING:
    from ..functional.bootstrap import Interval

Outcome = Literal["a", "b", "undecided", "no better end"]
Unit = Literal["image", "run"]


@dataclass(frozen=True)
class Span:
    """A value with its 95 % interval over ``n`` images, or runs."""

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
class OverNull:
    """How far the values of two audits lie over their null values, and the difference of these distances, b - a."""

    a: Span
    b: Span
    difference: Span

    @property
    def spans(self) -> tuple[Span, Span, Span]:
        """Those of A and of B, and the difference."""
        return self.a, self.b, self.difference

    @classmethod
    def of(cls, found: Difference) -> OverNull | None:
        """Take over a contrast of such distances; None where there were none."""
        if found.a is None or found.b is None or found.difference is None:
            return None
        return cls(found.a, found.b, found.difference)


@dataclass(frozen=True)
class Difference:
    """One measure in two audits, or in two families of runs.

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
    compared_by
        What the interval and the test are over: ``"image"`` (paired, bootstrap, Wilcoxon), or ``"run"`` where both
        families have several (Welch).
    p_value, p_holm
        Of the test, and corrected for the number of tests in the comparison.
    effect_size
        By image, the rank-biserial correlation, -1 to 1; by run, Hedges' g. Positive where b is higher.
    over_null
        The same of the distance from the null value, image by image; None where images have none of their own.
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
    compared_by: Unit = "image"
    p_value: float | None = None
    p_holm: float | None = None
    effect_size: float | None = None
    over_null: OverNull | None = None

    @property
    def outcome(self) -> Outcome:
        """Which audit is better, where interval and corrected test agree and the measure has a better end."""
        found = self.difference
        if found is None or not self.decided:
            return "undecided"
        if self.direction not in ("lower", "higher"):
            return "no better end"
        return "b" if (found.value > 0) == (self.direction == "higher") else "a"

    @property
    def decided(self) -> bool:
        """Whether the interval excludes zero and the corrected p-value, where there is one, is below 0.05."""
        found = self.difference
        if found is None or found.n < 2 or found.ci_low <= 0 <= found.ci_high:
            return False
        return self.p_holm is None or self.p_holm < ALPHA

    @property
    def effect(self) -> str:
        """Name of the effect size."""
        return "Hedges' g over runs" if self.compared_by == "run" else "rank-biserial correlation"

    @property
    def test(self) -> str:
        """Name of the test."""
        return "Welch's t-test over runs" if self.compared_by == "run" else "Wilcoxon's signed-rank test over images"

    @property
    def name(self) -> str:
        """The measure, with the quantity where that is another word."""
        name = titled(self.measure)
        return name if self.quantity == self.measure else f"{name} ({quantity_words(self.quantity)})"

    @property
    def said(self) -> str:
        """The measure within a sentence, with the quantity where the name does not tell."""
        words = titled(self.measure)
        words = words if words.isupper() else words[0].lower() + words[1:]
        return f"{words} (maps under noise)" if self.quantity == "noise_ssim" else words

    @property
    def sentence(self) -> str:
        """The finding in words."""
        if self.difference is None or self.a is None or self.b is None:
            return f"{self.name}: not compared, {self.reason}."
        found = self.difference
        over = f"{self.b.n} and {self.a.n} runs" if self.compared_by == "run" else f"{counted(found.n, 'shared image')}"
        means = f"{number(self.b.value)} in B against {number(self.a.value)} in A over {over}"
        change = f"the difference B − A is {number(found.value)} {interval(found.ci_low, found.ci_high)} {self.unit}"
        test = f", {p_words(self.p_holm)} after correction" if self.p_holm is not None else ""
        return f"{self.name}: {means}; {change}{test}. {self._verdict()}"

    def _verdict(self) -> str:
        found = self.difference
        if found is not None and found.n < 2:
            return "One image decides nothing."
        if self.outcome == "undecided":
            return self._doubt()
        end = f"{self.direction.capitalize()} is better, and the interval excludes zero"
        return {
            "a": f"{end}: A is better here.",
            "b": f"{end}: B is better here.",
            "no better end": "The interval excludes zero, but neither end of this measure is better by itself.",
        }[self.outcome]

    def _doubt(self) -> str:
        what = "runs" if self.compared_by == "run" else "images"
        found = self.difference
        if found is not None and found.ci_low <= 0 <= found.ci_high:
            return f"The interval holds zero: these {what} do not tell the two apart."
        return f"The interval excludes zero, but the test, corrected, does not: these {what} do not tell the two apart."
