import pytest

from saliencekit.reports.findings.out_of_set import entropy_tells_sets, holds_under_noise


def span(value, low, high, **more):
    return {"value": value, "ci_low": low, "ci_high": high, **more}


def summary(entry, degenerate=0, **also):
    return {"measures": {"out_of_set": entry | {"degenerate": degenerate, "also": also}}}


@pytest.mark.parametrize(
    ("auroc", "severity", "words"),
    [
        ((0.9, 0.8, 0.95), "info", "with AUROC 0.900 [0.800, 0.950]"),
        ((0.69, 0.6, 0.8), "notice", "only weakly"),
        ((0.6, 0.5, 0.7), "notice", "does not separate"),
        ((0.4, 0.3, 0.5), "notice", "does not separate"),
        ((0.3, 0.2, 0.4), "warning", "the wrong way round"),
    ],
)
def test_each_side_of_the_thresholds(auroc, severity, words):
    found = entropy_tells_sets(summary(span(*auroc)))
    assert found.severity == severity
    assert words in found.sentence
    assert found.numbers["auroc"] == auroc[0]


def test_constant_maps_that_make_the_separation_are_named():
    found = entropy_tells_sets(summary(span(0.9, 0.8, 0.95), 51, auroc_of_informative_maps=span(0.16, 0.10, 0.23)))
    assert found.severity == "warning"
    assert "only because of 51 constant maps, and without them 0.160 [0.100, 0.230], the wrong way" in found.sentence
    assert found.numbers["auroc_of_informative_maps"] == 0.16


def test_constant_maps_that_do_not_make_it_are_told_only():
    found = entropy_tells_sets(summary(span(0.9, 0.8, 0.95), 1, auroc_of_informative_maps=span(0.85, 0.7, 0.9)))
    assert found.severity == "info"
    assert "with 1 constant map, and without it 0.850 [0.700, 0.900]." in found.sentence


def test_without_a_value_nothing_is_said():
    assert entropy_tells_sets(summary(span(None, None, None))) is None
    assert entropy_tells_sets({}) is holds_under_noise({}) is None
    assert holds_under_noise(summary(span(0.9, 0.8, 0.95))) is None


@pytest.mark.parametrize(
    ("low", "high", "severity", "words"),
    [
        (0.01, 0.3, "info", "stay more like"),
        (0.0, 0.3, "notice", "are no more like"),
        (-0.3, -0.1, "notice", "are less like"),
    ],
)
def test_noise(low, high, severity, words):
    noise = span(0.4, 0.3, 0.5, null=0.2, over_null=span(0.2, low, high))
    found = holds_under_noise(summary(span(None, None, None), noise_ssim=noise))
    assert found.severity == severity
    assert f"the maps {words} the clean ones" in found.sentence
