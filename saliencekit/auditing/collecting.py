"""From pieces of the records to what the numbers are made of, so that no whole frame is held in memory."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import torch

from ..measures import Measure

if TYPE_CHECKING:
    import pandas as pd

Key = tuple[object, ...]
Levels = dict[Key, "pd.DataFrame"]


@dataclass
class Column:
    """The values of one column, piece by piece, and how many of their maps are constant."""

    pieces: list[np.ndarray] = field(default_factory=list)
    degenerate: int = 0
    nulls: list[np.ndarray] = field(default_factory=list)

    def add(self, rows: pd.DataFrame, column: str, null: str | None = None) -> None:
        """Take in the values of ``rows``, without the missing ones, and their null values where there are any."""
        self.degenerate += int(rows["degenerate"].sum())
        rows = rows.dropna(subset=[column])
        self.pieces.append(rows[column].to_numpy(dtype=np.float64, copy=True))
        if null in rows:
            self.nulls.append(rows[null].to_numpy(dtype=np.float64, copy=True))

    def numbers(self) -> torch.Tensor:
        """Return the values as a float64 tensor."""
        return torch.from_numpy(np.concatenate(self.pieces)) if self.pieces else torch.empty(0, dtype=torch.float64)

    def null_numbers(self) -> torch.Tensor:
        """Return the null value of each value, NaN where it has none, as a float64 tensor."""
        return torch.from_numpy(np.concatenate(self.nulls)) if self.nulls else torch.empty(0, dtype=torch.float64)


@dataclass(frozen=True)
class Collected:
    """The records of a measure, reduced.

    Parameters
    ----------
    images
        One row an image, indexed by image, a column for each quantity and its null.
    levels
        For each condition, in the order in which they came, the column that the measure averages.
    """

    images: pd.DataFrame
    levels: dict[Key, Column]


def collect(measure: Measure, pieces: Iterable[pd.DataFrame]) -> Collected:
    """Reduce the records of a measure.

    Parameters
    ----------
    measure
        Whose records they are.
    pieces
        The records, cut anywhere but within an image.
    """
    import pandas as pd

    images: list[pd.DataFrame] = []
    levels: dict[Key, Column] = {}
    null = measure.headline.null if measure.factor_value == measure.headline.column else None
    for piece in pieces:
        if images and piece.empty:  # rows of other sets alone
            continue
        images.append(measure.per_image(piece))
        if measure.factor:
            rows = piece.dropna(subset=list(measure.factor_columns[:1]))
            for key, part in rows.groupby(list(measure.factor_columns), sort=False, dropna=False, observed=True):
                levels.setdefault(tuple(map(_level, key)), Column()).add(part, measure.factor_value, null)
    return Collected(pd.concat(images), levels)


def by_condition(pieces: Iterable[pd.DataFrame], conditions: Sequence[str], columns: Sequence[str]) -> Levels:
    """Return the rows of each condition, in single precision, with those of ``columns`` that there are.

    Parameters
    ----------
    pieces
        Records, cut anywhere.
    conditions
        Columns whose values, together, are the key; a missing value is ``""`` there.
    columns
        Numeric columns.
    """
    import pandas as pd

    found: dict[Key, dict[str, list[np.ndarray]]] = {}
    for piece in pieces:
        for key, rows in piece.groupby(list(conditions), sort=False, dropna=False, observed=True):
            level = found.setdefault(tuple(map(_level, key)), {})
            for name in columns:
                if name in rows:
                    level.setdefault(name, []).append(rows[name].to_numpy(dtype=np.float32, copy=True))
    return {
        key: pd.DataFrame({name: np.concatenate(each) for name, each in level.items()}) for key, level in found.items()
    }


def _level(key: object) -> object:
    """Return a condition as one key: no NaN is equal to another."""
    return "" if isinstance(key, float) and math.isnan(key) else key
