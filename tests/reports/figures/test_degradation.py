from saliencekit.auditing.collecting import by_condition
from saliencekit.reports.figures.degradation import COLUMNS, CONDITIONS, draw


def drawn(frame, entry):
    return draw(by_condition([frame], CONDITIONS, COLUMNS), entry)


def test_curves_and_blur(audit):
    frame = audit.records["degradation"]
    curves, blur = drawn(audit.records["degradation"], {})
    means = frame[frame["guide"] == "salient-first"].groupby("level")["score"].mean()
    assert f"most salient first: 0% {means[0.0]:.3f}, " in curves.alt
    for name in ("most salient first", "random order", "least salient first"):
        assert name in curves.svg
    blurred = frame[frame["guide"] == "blur-object"]["score"]
    assert f"object blurred: {blurred.median():.3f}" in blur.alt
    assert "clean image" in blur.svg


def test_curves_alone_and_nothing(audit):
    frame = audit.records["degradation"]
    assert [panel.name for panel in drawn(frame[frame["level"].notna()], {})] == ["degradation-curves"]
    assert drawn(frame.iloc[:0], {}) == []
