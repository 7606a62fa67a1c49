import pytest

from saliencekit.errors import UsageError
from saliencekit.reports.gate.tokens import LONGEST, misplaced, tokens_of


def kinds(expression):
    return [(each.kind, each.text, each.place) for each in tokens_of(expression)]


def test_each_kind_with_its_place():
    assert kinds(' a."b c" >= -.5e-3 and') == [
        ("name", "a", 1),
        ("sign", ".", 2),
        ("name", "b c", 3),
        ("sign", ">=", 9),
        ("sign", "-", 12),
        ("number", ".5e-3", 13),
        ("word", "and", 19),
        ("end", "", 22),
    ]


def test_a_quoted_word_is_a_name():
    assert kinds("'not'")[0] == ("name", "not", 0)
    assert kinds('"שלום"')[0] == ("name", "שלום", 0)


def test_nothing_is_only_an_end():
    assert kinds("  ") == [("end", "", 0)]


@pytest.mark.parametrize(
    ("expression", "what", "place"),
    [
        ("a.value # 3", "an unknown sign, #", 8),
        ("a = 3", "an unknown sign, =; write `==`, or `>=`", 2),
        ("a > 3 && b", "an unknown sign, &; write `and`", 6),
        ("a ≥ 3", "an unknown sign, ≥; write `>=`", 2),
        ("a.'b", "a quote that is not closed, '", 2),
        ("a; import os", "an unknown sign, ;", 1),
        ("__import__('os')[0]", "an unknown sign, [", 16),
    ],
)
def test_mistakes_are_marked(expression, what, place):
    with pytest.raises(UsageError) as raised:
        tokens_of(expression)
    first, shown, mark = str(raised.value).split("\n")
    assert first == f"--fail-on cannot be read, {what}:"
    assert shown == f"    {expression}"
    assert mark.index("^") == 4 + place


def test_control_characters_do_not_reach_the_terminal():
    assert str(misplaced("\x1b[2Ja", 4, "it")).split("\n")[1:] == ["    \\x1b[2Ja", "           ^"]


def test_too_long():
    with pytest.raises(UsageError, match="up to 2000 characters, got 2001"):
        tokens_of("1" * (LONGEST + 1))
