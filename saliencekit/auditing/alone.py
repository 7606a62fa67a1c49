"""A measure called by itself, as in a notebook: its rows with the numbers that an audit would give of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError, one_of
from ..measures import MEASURES, OutOfSet
from .measured import Draw, MeasureResult
from .result import Records
from .summary import summarise
from .summary_of_sets import summarise_sets

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

FACTS = ("label", "group", "predicted")  # what is known of an image in an audit, and not here


class HeldRecords(Records):
    """Records in memory instead of a folder.

    Parameters
    ----------
    frames
        By measure.
    """

    def __init__(self, frames: Mapping[str, pd.DataFrame]) -> None:
        super().__init__(Path())
        self._frames = dict(frames)

    def __getitem__(self, measure: str) -> pd.DataFrame:
        return self._frames[measure].copy()

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._frames))

    def __len__(self) -> int:
        return len(self._frames)

    def columns(self, measure: str, names: Sequence[str]) -> pd.DataFrame:
        """Return some columns of a measure, those of ``names`` that it has."""
        frame = self[measure]
        return frame[[name for name in names if name in frame]]

    def pieces(self, measure: str, columns: Sequence[str] | None = None) -> Iterator[pd.DataFrame]:
        """Yield the records of a measure."""
        yield self[measure] if columns is None else self.columns(measure, columns)


def measured(rows: pd.DataFrame, name: str, *, seed: int = 0, draw: Draw | None = None) -> MeasureResult:
    """Return what a measure found of the rows that it gave when it was called by itself.

    Parameters
    ----------
    rows
        As ``saliencekit.measures.Equivariance()(extract, images)`` returns them.
    name
        Of the measure: ``"equivariance"``, ...
    seed
        Of the bootstrap.
    draw
        How it is drawn.

    Raises
    ------
    UsageError
        If there is no such measure.
    InputError
        If the rows are none of its.
    """
    import pandas as pd

    measure = MEASURES[one_of(name, MEASURES, "measure")]()
    value = measure.factor_value or measure.headline.column
    for column in ("image", *measure.factor_columns, value, "degenerate"):
        if column not in rows:
            raise InputError(
                f"expected rows as saliencekit.measures.{type(measure).__name__} returns them, "
                f"got none with a column {column!r}: there are {', '.join(map(str, rows)) or 'none'}"
            )
    flat = rows.groupby("image", sort=False)["degenerate"].max()
    known = pd.DataFrame({"label": pd.NA, "group": pd.NA, "correct": pd.NA, "degenerate": flat}, index=flat.index)
    summed = summarise_sets if isinstance(measure, OutOfSet) else summarise
    entry = summed(measure, [rows], known, seed=seed)
    frame = rows.assign(
        **{name: pd.Series(pd.NA, index=rows.index, dtype="string") for name in FACTS if name not in rows}
    )
    return MeasureResult(name, entry, HeldRecords({name: frame}), draw)
