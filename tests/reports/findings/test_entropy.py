import pytest

from saliencekit.reports.findings.entropy import diffuse_class, diffuse_group, flat_as_random, wrong_more_diffuse


def summary(value=3.0, low=2.9, high=3.1, null=3.5, n=100, **groups):
    entry = {"value": value, "ci_low": low, "ci_high": high, "null": null, "n": n, "groups": groups}
    return {"measures": {"entropy": entry}}


def level(value, n=50, std=0.5):
    return {"value": value, "std": std, "n": n}


@pytest.mark.parametrize(
    ("null", "n", "severity", "words"),
    [
        (3.5, 100, "info", "more focused than"),
        (3.1, 100, "warning", "as flat as"),
        (3.0, 100, "warning", "as flat as"),
        (3.0, 29, "notice", "as flat as"),
        (2.0, 29, "warning", "flatter than"),
    ],
)
def test_flat_where_the_interval_reaches_the_null_value(null, n, severity, words):
    found = flat_as_random(summary(null=null, n=n))
    assert found.severity == severity
    assert f"The maps are {words} a random network's" in found.sentence
    assert ("as far as can be told" in found.sentence) == (words == "as flat as")
    assert found.numbers == {"value": 3.0, "ci_low": 2.9, "ci_high": 3.1, "null": null}


def test_without_a_null_value_nothing_is_said():
    assert flat_as_random(summary(null=None)) is None
    assert flat_as_random({"measures": {}}) is None


def test_wrong_predictions():
    """Two samples of 50 with spread 0.5: the difference of the means has a standard error of 0.1."""
    wide = wrong_more_diffuse(summary(correct={"False": level(3.5), "True": level(3.0)}))
    assert (wide.severity, wide.numbers["difference"]) == ("notice", 0.5)
    assert wide.numbers["ci_low"] == pytest.approx(0.5 - 1.98447 * 0.1, abs=1e-4)  # t of 98 degrees of freedom
    assert wide.numbers["effect_size"] == pytest.approx(1 - 3 / 391)
    narrow = wrong_more_diffuse(summary(correct={"False": level(2.5), "True": level(3.0)}))
    assert narrow.severity == "info"
    assert "more focused" in narrow.sentence
    assert wrong_more_diffuse(summary(correct={"False": level(3.19), "True": level(3.0)})) is None
    assert wrong_more_diffuse(summary(correct={"True": level(3.0)})) is None
    assert wrong_more_diffuse(summary()) is None


def test_a_much_more_diffuse_group_is_named():
    groups = {"a": level(3.0), "b": level(3.05), "<c>\x1b": level(4.0)}
    found = diffuse_group(summary(group=groups))
    assert found.id == "diffuse-group"
    assert found.numbers["group"] == "<c>\x1b"
    assert "group <c>\\x1b are much more diffuse" in found.sentence
    assert found.numbers["difference"] == pytest.approx(4.0 - 3.025)
    assert found.numbers["n_others"] == 50
    assert diffuse_class(summary(label=groups)).id == "diffuse-class"


def test_groups_that_are_alike_or_too_small_are_not():
    assert diffuse_group(summary(group={"a": level(3.0), "b": level(3.3)})) is None
    assert diffuse_group(summary(group={"a": level(3.0), "b": level(9.0, n=4)})) is None
    assert diffuse_group(summary(group={"only": level(9.0)})) is None
    assert diffuse_group(summary(group={"a": level(3.0), "b": level(9.0, n=1) | {"std": None}})) is None
