"""One clause of a gate: read, checked before the work begins, and held against a summary after it."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...errors import UsageError
from .parser import parse
from .tokens import misplaced
from .tree import Applicable, Name, Negative, Node, Not, Number, Pair, names_in, numbers_in
from .values import MissingValue, Summary, applicable, entry_of, number_at, value_of, words_of

_OPERATORS = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


@dataclass(frozen=True)
class Failure:
    """Why a gate failed.

    Parameters
    ----------
    clause
        The expression.
    numbers
        The values of the names that were looked at.
    reason
        Why it has no answer, where it has none; a clause without an answer fails.
    """

    clause: str
    numbers: dict[str, float]
    reason: str = ""

    def __str__(self) -> str:
        told = f"gate failed: {self.clause}"
        if self.numbers:
            told += f" ({', '.join(f'{name} = {_exact(value)}' for name, value in self.numbers.items())})"
        return f"{told}: {self.reason}" if self.reason else told


def _exact(value: float) -> str:
    """Return a number with as many digits as tell it from the bound that it went beyond."""
    return f"{value:,d}" if isinstance(value, int) else f"{value:.6g}"


@dataclass(frozen=True)
class Clause:
    """A condition under which a gate fails."""

    expression: str
    tree: Node

    @classmethod
    def read(cls, expression: str) -> Clause:
        """Read an expression.

        Raises
        ------
        UsageError
            If it cannot be read; the place is marked.
        """
        return cls(expression, parse(expression))

    @property
    def needs_baseline(self) -> bool:
        """Whether a name is followed by ``drop`` or ``rise``."""
        return any(name.change for name in names_in(self.tree))

    def check(self, tables: Mapping[str, Any], *, baseline: bool) -> None:
        """Refuse, before the work begins, what can be seen to be wrong.

        Parameters
        ----------
        tables
            What names may stand for, as far as it is known; None where anything may come.
        baseline
            Whether there is one.

        Raises
        ------
        UsageError
            If a name is not in the tables, or stands for no number; if a baseline is needed and there is none.
        """
        numbers = list(numbers_in(self.tree))
        for name in names_in(self.tree):
            found = entry_of(name, tables, self.expression)
            if name in numbers and found is not None:
                number_at(name, found, self.expression)
            if name.change and not baseline:
                raise misplaced(self.expression, name.place, f"`{name.change}` needs a --baseline to compare with")

    def failure(self, summary: Summary, baseline: Summary | None = None) -> Failure | None:
        """Return why the gate fails on these numbers, or None if it holds.

        A clause that needs a number that does not exist fails, with the reason; ``and`` and ``or`` look at their
        right side only where the left one leaves the answer open.

        Raises
        ------
        UsageError
            If it names what the summary does not have.
        """
        seen = _Sight(self.expression, summary, baseline)
        try:
            return Failure(self.expression, seen.numbers) if seen.truth(self.tree) else None
        except MissingValue as missing:
            return Failure(self.expression, seen.numbers, str(missing))


@dataclass
class _Sight:
    """One look at a tree, which remembers the numbers it saw."""

    expression: str
    summary: Summary
    baseline: Summary | None
    numbers: dict[str, float] = field(default_factory=dict)

    def truth(self, node: Node) -> bool:
        if isinstance(node, Applicable):
            return applicable(node.name, self.summary, self.expression)
        if isinstance(node, Not):
            return not self.truth(node.of)
        if not isinstance(node, Pair):
            raise UsageError(f"expected a comparison, got {self.expression}")
        if node.sign == "and":
            return self.truth(node.left) and self.truth(node.right)
        if node.sign == "or":
            return self.truth(node.left) or self.truth(node.right)
        return bool(_OPERATORS[node.sign](self.number(node.left), self.number(node.right)))

    def number(self, node: Node) -> float:
        if isinstance(node, Number):
            return node.value
        if isinstance(node, Name):
            return self.value(node)
        if isinstance(node, Negative):
            return -self.number(node.of)
        if not isinstance(node, Pair):
            raise UsageError(f"expected a number, got {self.expression}")
        left, right = self.number(node.left), self.number(node.right)
        if node.sign == "/" and right == 0:
            raise MissingValue("a division by zero")
        return float(_OPERATORS[node.sign](left, right))

    def value(self, name: Name) -> float:
        now = value_of(name, self.summary, self.expression)
        self.numbers[words_of(name.plain)] = now
        if not name.change:
            return now
        if self.baseline is None:
            raise misplaced(self.expression, name.place, f"`{name.change}` needs a --baseline to compare with")
        try:
            before = value_of(name, self.baseline, self.expression)
        except (MissingValue, UsageError) as missing:
            raise MissingValue(f"in the baseline, {str(missing).splitlines()[0]}") from missing
        self.numbers[f"{words_of(name.plain)} of the baseline"] = before
        self.numbers[words_of(name)] = change = before - now if name.change == "drop" else now - before
        return change
