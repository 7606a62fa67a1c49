"""What an expression is made of: a small tree, nothing in which can call or import anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Number:
    """A number as written."""

    value: float
    place: int


@dataclass(frozen=True)
class Name:
    """A value by its path; ``change`` is ``""``, ``"drop"`` or ``"rise"`` against the baseline."""

    path: tuple[str, ...]
    places: tuple[int, ...]
    change: str = ""

    @property
    def place(self) -> int:
        """Where it begins."""
        return self.places[0]

    @property
    def plain(self) -> Name:
        """The value itself, not its change."""
        return Name(self.path, self.places)


@dataclass(frozen=True)
class Applicable:
    """Whether a measure is applicable."""

    name: Name
    place: int


@dataclass(frozen=True)
class Negative:
    """A number with its sign turned."""

    of: Node
    place: int


@dataclass(frozen=True)
class Not:
    """A truth turned around."""

    of: Node
    place: int


@dataclass(frozen=True)
class Pair:
    """Two sides with an operator between them: arithmetic, a comparison, ``and``, ``or``."""

    sign: str
    left: Node
    right: Node
    place: int


Node = Number | Name | Applicable | Negative | Not | Pair
ARITHMETIC = ("+", "-", "*", "/")
COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")


def is_truth(node: Node) -> bool:
    """Say whether a node is true or false, and not a number."""
    return isinstance(node, Applicable | Not) or (isinstance(node, Pair) and node.sign not in ARITHMETIC)


def names_in(node: Node) -> Iterator[Name]:
    """Yield the names of a tree, from left to right."""
    yield from (each.name if isinstance(each, Applicable) else each for each in _leaves(node))


def numbers_in(node: Node) -> Iterator[Name]:
    """Yield the names of a tree that stand for numbers: not those that are only asked to be applicable."""
    yield from (each for each in _leaves(node) if isinstance(each, Name))


def _leaves(node: Node) -> Iterator[Name | Applicable]:
    if isinstance(node, Name | Applicable):
        yield node
    elif isinstance(node, Negative | Not):
        yield from _leaves(node.of)
    elif isinstance(node, Pair):
        yield from _leaves(node.left)
        yield from _leaves(node.right)
