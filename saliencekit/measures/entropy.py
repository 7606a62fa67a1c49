"""How focused are the maps?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from ..functional import cam_entropy, effective_area, histogram_entropy, is_degenerate, max_entropy
from .base import Direction, Measure, Quantity
from .kinds import KINDS, map_kinds
from .views import Clean, Rows, Seen


@dataclass(frozen=True)
class Entropy(Measure):
    """Spatial entropy of each map, its effective area, and the entropy of its grey-value histogram.

    References
    ----------
    [crum2023explain]_ (histogram entropy as a measure of focus), [piland2023droid]_ (spatial entropy).
    """

    name: ClassVar[str] = "entropy"
    question: ClassVar[str] = "How focused are the maps?"
    unit: ClassVar[str] = "nats"
    value_range: ClassVar[str] = "0 (one cell) to ln(h*w) (all cells alike)"
    direction: ClassVar[Direction] = "lower"
    null_is: ClassVar[str] = "the same network with re-drawn weights"
    reading: ClassVar[str] = (
        "Lower means that the salience lies on fewer cells: exp(entropy) is how many. A network that learnt "
        "to look somewhere lies below its re-drawn twin and the uniform map. Focus alone is no proof of a right reason."
    )
    headline: ClassVar[Quantity] = Quantity("entropy", "nats")
    also: ClassVar[Mapping[str, Quantity]] = {
        "entropy_normalized": Quantity("entropy_normalized", "share of ln(h*w)"),
        "effective_area": Quantity("effective_area", "cells"),
        "histogram_entropy": Quantity("histogram_entropy", "share of the maximum"),
        "score": Quantity("score", "probability"),
    }

    def rows(self, clean: Clean, seen: Mapping[str, Seen]) -> Rows:
        """Return one row an image."""
        del seen
        entropy = cam_entropy(clean.maps)
        most = max_entropy(clean.maps)
        values = {
            "score": clean.score,
            "entropy": entropy,
            "entropy_normalized": entropy / most if most > 0 else entropy,
            "effective_area": effective_area(clean.maps),
            "histogram_entropy": histogram_entropy(clean.maps),
            "degenerate": is_degenerate(clean.maps),
            "degenerate_kind": map_kinds(clean.maps),
        }
        return Rows(
            conditions=({},),
            values={name: value[None] for name, value in values.items()},
            words={"degenerate_kind": KINDS},
        )
