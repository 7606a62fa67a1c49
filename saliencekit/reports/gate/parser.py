"""From the words of an expression to its tree.

::

    either     = both {"or" both}
    both       = negated {"and" negated}
    negated    = "not" negated | comparison
    comparison = sum [("<" | "<=" | ">" | ">=" | "==" | "!=") sum]
    sum        = product {("+" | "-") product}
    product    = signed {("*" | "/") signed}
    signed     = "-" signed | atom
    atom       = number | "(" either ")" | path ["drop" | "rise" | "is" ["not"] "applicable"]
    path       = name {"." name}            a name that is no plain word stands in quotes
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ...errors import UsageError
from .tokens import Token, misplaced, tokens_of
from .tree import COMPARISONS, Applicable, Name, Negative, Node, Not, Number, Pair, is_truth

DEEPEST = 40

_Step = Callable[[], Node]


def parse(expression: str) -> Node:
    """Return the tree of an expression that is true or false.

    Raises
    ------
    UsageError
        If it cannot be read; the place is marked.

    >>> found = parse("entropy.value > 3")
    >>> found.sign, found.left.path, found.right.value
    ('>', ('entropy', 'value'), 3.0)
    """
    parser = _Parser(expression)
    found = parser.either()
    if parser.now.kind != "end":
        raise parser.error("expected `and`, `or` or the end")
    if not is_truth(found):
        raise misplaced(expression, len(expression.rstrip()), "expected a comparison, as in `entropy.value > 3.2`")
    return found


class _Parser:
    def __init__(self, expression: str) -> None:
        self.expression = expression
        self.tokens = tokens_of(expression)
        self.place = 0
        self.depth = 0

    @property
    def now(self) -> Token:
        return self.tokens[self.place]

    def error(self, what: str, place: int | None = None) -> UsageError:
        return misplaced(self.expression, self.now.place if place is None else place, what)

    def take(self, *texts: str) -> Token | None:
        """Return the next token and step over it, if it is one of these words or signs."""
        token = self.now
        if token.kind in ("word", "sign") and token.text in texts:
            self.place += 1
            return token
        return None

    def either(self) -> Node:
        return self._chain(self.both, ("or",), truth=True)

    def both(self) -> Node:
        return self._chain(self.negated, ("and",), truth=True)

    def negated(self) -> Node:
        word = self.take("not")
        if word is None:
            return self.comparison()
        return Not(self._checked(self._deeper(self.negated), truth=True), word.place)

    def comparison(self) -> Node:
        left = self.sum()
        sign = self.take(*COMPARISONS)
        if sign is None:
            return left
        right = self._checked(self.sum(), truth=False)
        if self.now.text in COMPARISONS and self.now.kind == "sign":
            raise self.error("comparisons are not chained: join two of them with `and`")
        return Pair(sign.text, self._checked(left, truth=False), right, sign.place)

    def sum(self) -> Node:
        return self._chain(self.product, ("+", "-"), truth=False)

    def product(self) -> Node:
        return self._chain(self.signed, ("*", "/"), truth=False)

    def signed(self) -> Node:
        sign = self.take("-")
        if sign is None:
            return self.atom()
        return Negative(self._checked(self._deeper(self.signed), truth=False), sign.place)

    def atom(self) -> Node:
        token = self.now
        if token.kind == "number":
            self.place += 1
            return Number(float(token.text), token.place)
        if self.take("("):
            found = self._deeper(self.either)
            if self.take(")") is None:
                raise self.error("expected `)`")
            return found
        return self._suffixed(self._path())

    def _path(self) -> Name:
        parts = [self._name("expected a number or a name")]
        while self.take("."):
            parts.append(self._name("expected a name after the dot, in quotes where it is no plain word"))
        return Name(tuple(each.text for each in parts), tuple(each.place for each in parts))

    def _name(self, what: str) -> Token:
        token = self.now
        if token.kind != "name":
            raise self.error(what)
        self.place += 1
        return token

    def _suffixed(self, name: Name) -> Node:
        change = self.take("drop", "rise")
        if change is not None:
            return replace(name, change=change.text)
        word = self.take("is")
        if word is None:
            return name
        turned = self.take("not") is not None
        if self.take("applicable") is None:
            raise self.error("expected `applicable`")
        found = Applicable(name, word.place)
        return Not(found, word.place) if turned else found

    def _chain(self, step: _Step, signs: tuple[str, ...], *, truth: bool) -> Node:
        left = step()
        while (sign := self.take(*signs)) is not None:
            right = self._checked(step(), truth=truth)
            left = Pair(sign.text, self._checked(left, truth=truth), right, sign.place)
        return left

    def _checked(self, node: Node, *, truth: bool) -> Node:
        if is_truth(node) != truth:
            wanted = "a comparison" if truth else "a number, not a comparison"
            raise self.error(f"expected {wanted}", node.place)
        return node

    def _deeper(self, step: _Step) -> Node:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.error(f"more than {DEEPEST} parentheses or signs within one another")
        found = step()
        self.depth -= 1
        return found
