"""Pictures of the measures, one file each; drawn from the records, computing nothing new."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from . import degradation, entropy, equivariance, out_of_set, stability
from ._canvas import COLOURS, Panel

if TYPE_CHECKING:
    import pandas as pd

Draw = Callable[["Mapping[str, pd.DataFrame]", Mapping[str, Any]], list[Panel]]

FIGURES: dict[str, Draw] = {
    "entropy": entropy.draw,
    "out_of_set": out_of_set.draw,
    "equivariance": equivariance.draw,
    "stability": stability.draw,
    "degradation": degradation.draw,
}

__all__ = ["COLOURS", "FIGURES", "Draw", "Panel"]
