"""Measures: one question about a model's maps, one file.

A new measure is one file with a frozen subclass of :class:`Measure`, and one line in ``MEASURES``.
"""

from .base import Measure, Quantity
from .degradation import Degradation
from .entropy import Entropy
from .equivariance import Equivariance
from .out_of_set import OutOfSet
from .stability import Stability
from .views import Clean, Extract, Rows, Seen, View

MEASURES: dict[str, type[Measure]] = {
    each.name: each for each in (Entropy, OutOfSet, Equivariance, Stability, Degradation)
}

__all__ = [
    "MEASURES",
    "Clean",
    "Degradation",
    "Entropy",
    "Equivariance",
    "Extract",
    "Measure",
    "OutOfSet",
    "Quantity",
    "Rows",
    "Seen",
    "Stability",
    "View",
]
