"""Measures: one question about a model's maps, one file.

A new measure is one file with a frozen subclass of :class:`Measure`, and one line in ``MEASURES``.
"""

from .base import Clean, Extract, Measure, Quantity, Rows, Seen, View
from .degradation import Degradation
from .entropy import Entropy
from .equivariance import Equivariance
from .out_of_set import OutOfSet
from .stability import Stability

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
