import pytest
from hypothesis import given
from hypothesis import strategies as st

from saliencekit.errors import UsageError
from saliencekit.reports.gate.parser import DEEPEST, parse
from saliencekit.reports.gate.tree import Applicable, Name, Negative, Not, Number, Pair


def plain(node):
    """The tree as nested tuples, without places."""
    if isinstance(node, Pair):
        return (plain(node.left), node.sign, plain(node.right))
    if isinstance(node, Not | Negative):
        return (type(node).__name__, plain(node.of))
    if isinstance(node, Applicable):
        return ("Applicable", ".".join(node.name.path))
    if isinstance(node, Name):
        return ".".join(node.path) + (f" {node.change}" if node.change else "")
    assert isinstance(node, Number)
    return node.value


@pytest.mark.parametrize(
    ("expression", "tree"),
    [
        ("a.b > 1", ("a.b", ">", 1.0)),
        ("a - b - c > 1", ((("a", "-", "b"), "-", "c"), ">", 1.0)),
        ("a + b * c > 1", (("a", "+", ("b", "*", "c")), ">", 1.0)),
        ("(a + b) * c > 1", ((("a", "+", "b"), "*", "c"), ">", 1.0)),
        ("-a * 2 > --1", ((("Negative", "a"), "*", 2.0), ">", ("Negative", ("Negative", 1.0)))),
        ("a > 1 or b > 1 and c > 1", (("a", ">", 1.0), "or", (("b", ">", 1.0), "and", ("c", ">", 1.0)))),
        ("not a > 1 and b > 1", (("Not", ("a", ">", 1.0)), "and", ("b", ">", 1.0))),
        ("not (a > 1 and b > 1)", ("Not", (("a", ">", 1.0), "and", ("b", ">", 1.0)))),
        ("a.value drop > 0.05", ("a.value drop", ">", 0.05)),
        ("a rise / a > 0.1", (("a rise", "/", "a"), ">", 0.1)),
        ("a is applicable", ("Applicable", "a")),
        ("a is not applicable or a.b == 1", (("Not", ("Applicable", "a")), "or", ("a.b", "==", 1.0))),
        ("((a > 1))", ("a", ">", 1.0)),
    ],
)
def test_trees(expression, tree):
    assert plain(parse(expression)) == tree


@pytest.mark.parametrize(
    ("expression", "what", "place"),
    [
        ("", "expected a number or a name", 0),
        ("a", "expected a comparison, as in `entropy.value > 3.2`", 1),
        ("a >", "expected a number or a name", 3),
        ("a. > 1", "expected a name after the dot", 3),
        ("a > 1 b", "expected `and`, `or` or the end", 6),
        ("a > 1 > 0", "comparisons are not chained", 6),
        ("(a > 1", "expected `)`", 6),
        ("a > 1)", "expected `and`, `or` or the end", 5),
        ("a > (b > 1)", "expected a number, not a comparison", 7),
        ("1 + (a > 1) > 1", "expected a number, not a comparison", 7),
        ("a and b > 1", "expected a comparison", 0),
        ("not a", "expected a comparison", 4),
        ("a is here", "expected `applicable`", 5),
        ("drop > 1", "expected a number or a name", 0),
        ("a.value drop rise > 1", "expected `and`, `or` or the end", 13),
        ("(" * (DEEPEST + 1) + "1 < 2", "within one another", DEEPEST + 1),
        ("a > " + "-" * 10_00 + "1", "within one another", 4 + DEEPEST + 1),
    ],
)
def test_mistakes_are_marked(expression, what, place):
    with pytest.raises(UsageError) as raised:
        parse(expression)
    first, _, mark = str(raised.value).split("\n")
    assert what in first
    assert mark.index("^") == 4 + place


PIECES = st.sampled_from(
    ["a", "b.c", ".", "(", ")", "<", ">=", "=", "!", "+", "-", "*", "/", " ", "1", "9e", '"', "'", "#"]
)
WORDS = st.sampled_from([" and ", " or ", " not ", " drop", " is ", " applicable"])


@given(st.lists(PIECES | WORDS, max_size=20).map("".join))
def test_anything_is_read_or_refused_in_one_way(expression):
    try:
        parse(expression)
    except UsageError:
        return
    assert any(sign in expression for sign in ("<", ">", "applicable"))
