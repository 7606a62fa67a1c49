"""A column of values as mean, interval, spread and count, with null for what does not exist."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ..functional import bootstrap_mean
from ..measures import Quantity

if TYPE_CHECKING:
    import pandas as pd

Plain = dict[str, Any]


def numbers(column: pd.Series) -> torch.Tensor:
    """Return a column as a float64 tensor, without its missing values."""
    return torch.from_numpy(column.dropna().to_numpy(dtype=np.float64, copy=True))


def interval(column: pd.Series | torch.Tensor, seed: int) -> Plain:
    """Return mean, 95 % bootstrap interval, standard deviation and count; nulls where there is no number."""
    values = column if isinstance(column, torch.Tensor) else numbers(column)
    if len(values) < 2:  # one value has no spread that could be known
        return {
            "value": float(values[0]) if len(values) else None,
            **dict.fromkeys(("ci_low", "ci_high", "std")),
            "n": len(values),
        }
    found = bootstrap_mean(values, seed=seed)
    return finite(
        {"value": found.value, "ci_low": found.low, "ci_high": found.high, "std": found.std, "n": len(values)}
    )


def over_null(images: pd.DataFrame, quantity: Quantity, seed: int) -> Plain | None:
    """Return by how much an image's number lies over its own null value; None where images have none of their own."""
    if quantity.null not in images:
        return None
    return interval(images[quantity.column] - images[quantity.null], seed)


def mean(column: pd.Series | None) -> float | None:
    """Return the mean of a column; None if there is no column or no number in it."""
    if column is None or column.notna().sum() == 0:
        return None
    return float(column.mean())


def finite(entry: Mapping[str, Any]) -> Plain:
    """Replace what JSON cannot say (NaN, infinities) by null."""
    return {key: None if isinstance(each, float) and not math.isfinite(each) else each for key, each in entry.items()}
