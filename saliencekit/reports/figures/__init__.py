"""Pictures of the measures, one file each; drawn from the records, computing nothing new."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import degradation, entropy, equivariance, out_of_set, stability
from ._canvas import COLOURS, Panel

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Figure:
    """How a measure is drawn: ``draw(frame, entry)`` of the ``columns`` of its records and its summary's entry."""

    columns: tuple[str, ...]
    draw: Callable[[pd.DataFrame, Mapping[str, Any]], list[Panel]]


FIGURES: dict[str, Figure] = {
    "entropy": Figure(entropy.COLUMNS, entropy.draw),
    "out_of_set": Figure(out_of_set.COLUMNS, out_of_set.draw),
    "equivariance": Figure(equivariance.COLUMNS, equivariance.draw),
    "stability": Figure(stability.COLUMNS, stability.draw),
    "degradation": Figure(degradation.COLUMNS, degradation.draw),
}

__all__ = ["COLOURS", "FIGURES", "Figure", "Panel"]
