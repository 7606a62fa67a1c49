import json

from saliencekit.reports.comparison import Comparison
from saliencekit.reports.difference import Difference, OverNull, Span
from saliencekit.reports.findings import Finding


def found():
    span = Span(0.5, 0.25, 0.75, 0.1, 4)
    beyond = OverNull(span, span, span)
    plain = Difference("stability", "ssim", "SSIM", "higher", "ok", None, span, span, span, 1.0, over_null=beyond)
    missing = Difference("entropy", "entropy", "nats", "lower", "not applicable", "it was not asked for")
    pick = Finding("pick", "info", "Pick b.", "", {}, "always")
    return Comparison("a", "b", 4, ("they differ in layer",), (plain, missing), (), accuracy=plain, findings=(pick,))


def test_the_winners():
    assert [each.measure for each in found().better_at("b")] == ["stability"]
    assert found().better_at("a") == []


def test_its_plain_words_and_numbers():
    plain = json.loads(json.dumps(found().to_dict(), allow_nan=False))
    assert plain["schema_version"] == 1
    assert [each["outcome"] for each in plain["differences"]] == ["b", "undecided"]
    assert plain["differences"][0]["over_null"]["difference"]["ci_low"] == 0.25
    assert plain["accuracy"]["sentence"].startswith("Stability (SSIM): ")


def test_as_text():
    lines = str(found()).splitlines()
    assert lines[:4] == ["A: a", "B: b", "4 images in both.", "Warning: they differ in layer"]
    assert lines[-1] == "Pick b."
    assert found().sentences[1] == "Entropy: not compared, it was not asked for."
