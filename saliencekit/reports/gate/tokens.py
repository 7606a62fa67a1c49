"""The words of a gate's expression, and the mistake that names its place."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ...errors import UsageError
from ...showing.names import shown

WORDS = ("and", "or", "not", "is", "applicable", "drop", "rise")
LONGEST = 2000
_MEANT = {"=": "`==`, or `>=`", "&": "`and`", "|": "`or`", "!": "`not`", "≥": "`>=`", "≤": "`<=`", "≠": "`!=`"}
_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<sign><=|>=|==|!=|[<>()+\-*/.])
    | (?P<word>[^\W\d]\w*)
    | (?P<quoted>"[^"]*"|'[^']*')
    )""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Token:
    """One word, sign, number or quoted name, and where it stands.

    Parameters
    ----------
    kind
        ``"number"``, ``"sign"``, ``"word"`` (one of :data:`WORDS`), ``"name"``, or ``"end"``.
    text
        As it stands; of a quoted name, without the quotes.
    place
        Its first character.
    """

    kind: str
    text: str
    place: int


def tokens_of(expression: str) -> list[Token]:
    """Return the tokens of an expression, the last of them its end.

    Raises
    ------
    UsageError
        If something in it is no token; the place is marked.

    >>> [each.text for each in tokens_of('entropy.groups.label."real" > 3.2')]
    ['entropy', '.', 'groups', '.', 'label', '.', 'real', '>', '3.2', '']
    """
    if len(expression) > LONGEST:
        raise UsageError(f"--fail-on takes expressions of up to {LONGEST} characters, got {len(expression)}")
    tokens, place = [], 0
    end = len(expression.rstrip())
    while place < end:
        found = _TOKEN.match(expression, place, end)
        if found is None or found.lastgroup is None:
            start = place + len(expression[place:end]) - len(expression[place:end].lstrip())
            sign = expression[start]
            what = "a quote that is not closed" if sign in "\"'" else "an unknown sign"
            hint = f"; write {_MEANT[sign]}" if sign in _MEANT else ""
            raise misplaced(expression, start, f"{what}, {sign}{hint}")
        kind, text = found.lastgroup, found[found.lastgroup]
        if kind == "quoted":
            kind, text = "name", text[1:-1]
        elif kind == "word":
            kind = "word" if text in WORDS else "name"
        tokens.append(Token(kind, text, found.start(found.lastgroup)))
        place = found.end()
    return [*tokens, Token("end", "", end)]


def misplaced(expression: str, place: int, what: str) -> UsageError:
    """Return the error that shows the expression with its place marked.

    >>> print(misplaced("entropy.value >", 15, "expected a number or a name"))
    --fail-on cannot be read, expected a number or a name:
        entropy.value >
                       ^
    """
    before = shown(expression[:place])
    return UsageError(
        f"--fail-on cannot be read, {what}:\n    {before}{shown(expression[place:])}\n    {' ' * len(before)}^"
    )
