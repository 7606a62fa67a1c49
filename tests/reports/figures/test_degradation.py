from saliencekit.reports.figures.degradation import draw


def test_curves_and_blur(audit):
    frame = audit.records["degradation"]
    curves, blur = draw(audit.records["degradation"], {})
    means = frame[frame["guide"] == "salient-first"].groupby("level")["score"].mean()
    assert f"most salient first: 0% {means[0.0]:.3f}, " in curves.alt
    for name in ("most salient first", "random order", "least salient first"):
        assert name in curves.svg
    blurred = frame[frame["guide"] == "blur-object"]["score"]
    assert f"object blurred: {blurred.median():.3f}" in blur.alt
    assert "clean image" in blur.svg


def test_curves_alone_and_nothing(audit):
    frame = audit.records["degradation"]
    assert [panel.name for panel in draw(frame[frame["level"].notna()], {})] == ["degradation-curves"]
    assert draw(frame.iloc[:0], {}) == []
