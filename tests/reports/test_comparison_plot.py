import math

import pytest

from saliencekit.errors import UsageError
from saliencekit.reports.comparison import Comparison
from saliencekit.reports.comparison_plot import plot_comparison
from saliencekit.reports.difference import Difference, Span


def span(value, half=0.1):
    return Span(value, value - half, value + half, 0.2, 50)


def difference(measure="equivariance", a=0.5, b=0.8, **more):
    settings = {"p_value": 1e-9, "p_holm": 2e-9, "effect_size": 0.7} | more
    return Difference(
        measure, "ssim", "SSIM", "higher", status="ok", a=span(a), b=span(b), difference=span(b - a), **settings
    )


MISSING = Difference(
    "stability", "ssim", "SSIM", "higher", status="not applicable", reason="not measured in <A>: one run"
)


@pytest.fixture
def comparison():
    return Comparison("<b>one</b>", "two", 50, ("they differ in <layer>",), (difference(), MISSING), ())


def test_frame(comparison):
    frame = comparison.frame()
    assert frame.index.tolist() == ["equivariance", "stability"]
    row = frame.loc["equivariance"]
    assert (row["a"], row["b"], row["difference"], row["ci_low"]) == pytest.approx((0.5, 0.8, 0.3, 0.2))
    assert (row["outcome"], row["unit"], row["compared_by"]) == ("B is better", "SSIM", "image")
    assert frame.loc["stability", "reason"] == "not measured in <A>: one run"
    assert math.isnan(frame.loc["stability", "a"])
    assert frame["p_holm"].dtype == "float64"


def test_a_notebook_shows_names_as_text(comparison):
    shown = comparison._repr_html_()
    assert "&lt;b&gt;one&lt;/b&gt;" in shown
    assert "they differ in &lt;layer&gt;" in shown
    assert "<b>one" not in shown
    assert "&lt; 0.001" in shown  # not 0.000
    assert "NaN" not in shown


def test_figure(comparison):
    figure = comparison.plot()
    left, right = figure.axes  # what was not compared is left out
    dots = [float(line.get_xdata()[0]) for line in left.lines if line.get_marker() == "o"]
    assert dots == [0.5, 0.8]
    assert [float(line.get_xdata()[0]) for line in right.lines if line.get_marker() == "o"] == pytest.approx([0.3])
    assert right.get_title(loc="right") == "B is better"
    assert right.get_xlim()[0] < 0 < right.get_xlim()[1]  # the line of no difference is in the picture
    assert figure._repr_png_()


def test_long_and_odd_names():
    figure = plot_comparison(("x" * 300, "$a$ \u202e"), [difference()])
    assert figure._repr_png_()
    assert len(figure.get_suptitle()) < 80


def test_nothing_was_compared():
    with pytest.raises(UsageError, match="no measure was compared"):
        plot_comparison(("a", "b"), [MISSING])
