import pandas as pd
import pytest

from saliencekit.reports import compare_many
from saliencekit.reports.comparison import Comparison
from saliencekit.reports.difference import Difference, Span
from saliencekit.reports.many_choosing import differences_of, notices_of, pick_of


def pair(a, b, *changes):
    """A comparison of two in which stability differs by the changes given, each decided unless it is zero."""
    spans = [Span(change, change - 0.1, change + 0.1, 0.1, 40) for change in changes]
    found = [
        Difference("stability", "ssim", "SSIM", "higher", "ok", None, each, each, each, p_holm=0.0) for each in spans
    ]
    return Comparison(a, b, 40, (), tuple(found), ())


def test_the_only_one_that_is_never_worse():
    found = pick_of(["a", "b", "<c>"], [pair("a", "b", 0.0), pair("a", "<c>", 0.5), pair("b", "<c>", 0.5)])
    assert found.severity == "info"
    assert found.sentence.startswith("Pick <c>: ")
    assert found.numbers["better: <c>"] == found.numbers["worse: a"] + 1 == 2


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ((0.0, 0.0, 0.0), "No pick: no two of them are told apart"),
        ((0.5, -0.5, 0.5), "No clear pick: each of them is worse than another"),
        ((0.5, 0.5, 0.0), "No clear pick: several are worse than no other"),
    ],
)
def test_no_pick(changes, words):
    pairs = [pair(*names, change) for names, change in zip(("ab", "ac", "bc"), changes, strict=True)]
    found = pick_of("abc", pairs)
    assert found.severity == "notice"
    assert found.sentence.startswith(words)


def test_accuracy_is_tested_first():
    one = pair("a", "b", 0.5)
    right = Difference("accuracy", "accuracy", "share", "higher", "ok")
    assert [each.measure for each in differences_of(one)] == ["stability"]
    assert [
        each.measure for each in differences_of(Comparison("a", "b", 1, (), one.differences, (), accuracy=right))
    ] == [
        "accuracy",
        "stability",
    ]
    assert notices_of([one]) == []


def test_wins_that_the_null_value_explains_are_put_together(tmp_path, tiny, entropies):
    def equivariance(value, null):
        frame = pd.DataFrame({"image": [f"{index}.png" for index in range(20)], "ssim": value, "ssim_null": null})
        return frame.assign(transform="flip", pearson=0.0, score=0.5, score_change=0.0)

    values = {"a.pt": (0.5, 0.1), "b.pt": (0.6, 0.2), "c.pt": (0.7, 0.4)}
    audits = [
        tiny(tmp_path / name, entropy=entropies([1.0] * 20), equivariance=equivariance(*both), model={"path": name})
        for name, both in values.items()
    ]
    (found,) = [each for each in compare_many(audits).findings if each.id == "null-explains"]
    assert found.numbers == {"explained": 3, "better": 3}
    assert found.sentence.startswith("Of 3 times that one is better than another, 3 are not borne out over the null")
    assert found.sentence.endswith("at equivariance b.pt over a.pt, c.pt over a.pt and c.pt over b.pt.")
