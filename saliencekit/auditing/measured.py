"""What one measure found, in an audit or alone: its numbers, its records, its picture."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

    from .result import Records

MOST_ROWS = 60  # of a table in a notebook
NUMBERS = ("value", "ci_low", "ci_high", "std", "null")
Draw = Callable[[Any], Any]
"""From a result to its figure: what the floor of reports puts into results, since nothing is drawn on this one."""


@dataclass(frozen=True)
class MeasureResult:
    """One measure of an audit, as ``result["entropy"]`` gives it.

    Parameters
    ----------
    name
        Of the measure.
    entry
        What ``summary.json`` says of it.
    source
        Where its records are.
    draw
        How it is drawn.
    """

    name: str
    entry: Mapping[str, Any]
    source: Records = field(repr=False)
    draw: Draw | None = field(default=None, repr=False, compare=False)

    @property
    def records(self) -> pd.DataFrame:
        """Rows per image and condition, read anew each time.

        Raises
        ------
        UsageError
            If the measure has none, with the reason.
        """
        if self.name not in self.source:
            raise UsageError(f"{self.name} has no records: {self.entry.get('reason') or 'it was not asked for'}")
        return self.source[self.name]

    def frame(self) -> pd.DataFrame:
        """Return the numbers: a row for the whole, for each further quantity and for each level of each factor.

        ``factor`` is ``"all"``, ``"also"`` (``level`` is the quantity then) or what the levels are of (``label``,
        ``group``, ``transform``, ...); ``value`` has its 95 % interval; what there is not is NaN.
        """
        import pandas as pd

        rows = [("all", "", self.entry), *(("also", name, each) for name, each in self.entry.get("also", {}).items())]
        for factor, levels in self.entry.get("groups", {}).items():
            rows += [(factor, level, each) for level, each in levels.items()]
        unit = self.entry.get("unit")
        table = [
            {"factor": factor, "level": level, **{name: each.get(name) for name in (*NUMBERS, "n")}}
            | {"unit": each.get("unit", unit)}
            for factor, level, each in rows
        ]
        return pd.DataFrame(table).astype(dict.fromkeys(NUMBERS, "float64"))

    def plot(self) -> Any:
        """Return the figure that the report has of this measure; drawn from the records.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        UsageError
            If there is nothing to draw, with the reason.
        """
        return drawn(self.draw, self)

    def _repr_html_(self) -> str:
        """Show the numbers, as a notebook does."""
        reason = self.entry.get("reason")
        missing = f"<p>not applicable: {html.escape(str(reason))}</p>" if reason else ""
        return (
            f"<p><b>{html.escape(self.name)}</b>: {html.escape(str(self.entry.get('question', '')))}</p>{missing}"
            + as_table(self.frame())
        )


def drawn(draw: Draw | None, result: object) -> Any:
    """Return the figure of a result, if it was opened by something that can draw."""
    if draw is None:
        raise UsageError("this result was opened without figures: open the audit with saliencekit.load_audit")
    return draw(result)


def as_table(frame: pd.DataFrame) -> str:
    """Return a frame as an HTML table for a notebook; names are text, and of a long one the middle is left out."""
    table: str = frame.to_html(
        index=False, float_format=lambda value: f"{value:.3f}", na_rep="", escape=True, border=0, max_rows=MOST_ROWS
    )
    return table
