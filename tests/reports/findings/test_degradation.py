import pytest

from saliencekit.reports.findings.degradation import object_blur_hurts, salient_pixels_matter


def span(value, low, high, **more):
    return {"value": value, "ci_low": low, "ci_high": high, **more}


def summary(entry=None, **also):
    return {"measures": {"degradation": (entry or {}) | {"also": also}}}


@pytest.mark.parametrize(
    ("low", "high", "n", "severity", "words"),
    [
        (-0.2, -0.01, 16, "info", "hurts the score more than degrading random ones: "),
        (-0.2, 0.0, 16, "notice", "hurts the score no more than degrading random ones, as far as can be told: "),
        (-0.2, 0.05, 30, "warning", "hurts the score no more than degrading random ones, as far as can be told: "),
        (0.01, 0.05, 16, "warning", "hurts the score less than degrading random ones: "),
    ],
)
def test_salient_first_against_random_first(low, high, n, severity, words):
    found = salient_pixels_matter(summary(span(0.3, 0.2, 0.4, n=n, null=0.4, over_null=span(-0.1, low, high))))
    assert found.severity == severity
    assert words in found.sentence
    assert "0.300 against 0.400" in found.sentence


def test_blurs():
    ground = span(0.8, 0.75, 0.85)
    assert object_blur_hurts(summary(blur_object_score=span(0.5, 0.4, 0.6), blur_background_score=ground)) is None
    alike = object_blur_hurts(summary(blur_object_score=span(0.75, 0.7, 0.8), blur_background_score=ground))
    assert (alike.severity, alike.numbers["object_blurred"]) == ("notice", 0.75)
    worse = object_blur_hurts(summary(blur_object_score=span(0.9, 0.86, 0.95), blur_background_score=ground))
    assert worse.severity == "warning"


def test_nothing_measured():
    assert salient_pixels_matter({}) is object_blur_hurts({}) is None
    assert object_blur_hurts(summary(blur_object_score=span(0.5, None, None), blur_background_score=None)) is None
