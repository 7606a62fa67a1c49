"""What a comparison of two audits, or of two families of them, found."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from .comparison_plot import comparison_frame, comparison_html, plot_comparison
from .difference import Difference, Outcome
from .findings import Finding
from .text import counted

if TYPE_CHECKING:
    import pandas as pd

    from ..showing.notebook import NotebookFigure


@dataclass(frozen=True)
class Comparison:
    """What :func:`~saliencekit.reports.compare` found.

    Parameters
    ----------
    a, b
        Names of the two audits, or families.
    images
        How many images both hold.
    warnings
        Sentences that name what differs between the audits beside the numbers.
    differences
        One a measure, in the order of the audits.
    settings
        Names, and values in A and in B, of what was audited.
    runs
        How many audits each side has.
    accuracy
        The share of right predictions, compared in the same way; None where labels are not known.
    findings
        Which one would be picked and why, and what to know about it.
    """

    a: str
    b: str
    images: int
    warnings: tuple[str, ...]
    differences: tuple[Difference, ...]
    settings: tuple[tuple[str, str, str], ...]
    runs: tuple[int, int] = (1, 1)
    accuracy: Difference | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def sentences(self) -> tuple[str, ...]:
        """A sentence a measure."""
        return tuple(each.sentence for each in self.differences)

    def better_at(self, side: Outcome) -> list[Difference]:
        """Return the measures at which one of the two, ``"a"`` or ``"b"``, is better."""
        return [each for each in self.differences if each.outcome == side]

    def to_dict(self) -> dict[str, Any]:
        """Return plain numbers and words, as they are written to ``comparison.json``."""
        plain = asdict(self)
        for each, found in zip(plain["differences"], self.differences, strict=True):
            each |= {"outcome": found.outcome, "sentence": found.sentence, "test": found.test, "effect": found.effect}
        if self.accuracy is not None:
            plain["accuracy"] |= {"outcome": self.accuracy.outcome, "sentence": self.accuracy.sentence}
        return {"schema_version": 1, **plain}

    def frame(self) -> pd.DataFrame:
        """Return a row a measure: both means, their difference with its interval, the test, and who is better."""
        return comparison_frame(self.differences)

    def plot(self) -> NotebookFigure:
        """Return a figure of each measure's means and their difference; it shows itself in a notebook.

        Raises
        ------
        UsageError
            If no measure was compared.
        """
        return plot_comparison((self.a, self.b), self.differences)

    def _repr_html_(self) -> str:
        """Show the numbers and what they mean, as a notebook does."""
        said = (*self.warnings, *(each.sentence for each in self.findings))
        return comparison_html((self.a, self.b), self.images, said, self.frame())

    def __str__(self) -> str:
        head = f"A: {self.a}\nB: {self.b}\n{counted(self.images, 'image')} in both."
        warnings = [f"Warning: {each}" for each in self.warnings]
        return "\n".join([head, *warnings, *self.sentences, *(each.sentence for each in self.findings)])
