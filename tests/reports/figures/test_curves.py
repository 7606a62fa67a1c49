import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from saliencekit.reports.figures._curves import early_share_axis, middle_half, name_above, paint_curve, share_axis


@pytest.fixture
def axes():
    return Figure().add_subplot()


def test_curve_is_the_mean_and_its_band_the_middle_half(axes):
    levels = {1.0: pd.Series([2.0, np.nan]), 0.0: pd.Series([0.0, 1.0, 2.0, 3.0, 4.0]), 0.5: pd.Series([np.nan])}
    paint_curve(axes, levels, colour="accent", name="a", band=middle_half(levels))
    np.testing.assert_array_equal(axes.lines[0].get_xdata(), [0.0, 1.0])
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), [2.0, 2.0])
    assert {1.0, 3.0} <= set(axes.collections[0].get_paths()[0].vertices[:, 1])
    paint_curve(axes, {0.5: pd.Series([np.nan])}, colour="accent", name="b")
    assert len(axes.lines) == 1  # nothing to draw, nothing drawn


def test_shares_are_written_in_per_cent(axes):
    axes.set_xlim(0, 1)
    share_axis(axes, "pixels")
    assert axes.get_xlabel() == "pixels"
    assert axes.xaxis.get_major_formatter()(0.25) == "25 %"


def test_a_band_may_be_known_at_some_levels_only(axes):
    levels = {0.0: pd.Series([1.0]), 1.0: pd.Series([2.0])}
    paint_curve(axes, levels, colour="accent", name="a", band={1.0: (1.5, 2.5)})
    vertices = axes.collections[0].get_paths()[0].vertices
    assert set(vertices[:, 0]) == {1.0}
    assert set(vertices[:, 1]) == {1.5, 2.5}


def test_names_stand_above_the_curves(axes):
    paint_curve(axes, {0.0: pd.Series([1.0])}, colour="accent", name="$one$")
    name_above(axes, "a band")
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["$one$", "a band"]
    assert axes.get_legend().get_bbox_to_anchor().y0 >= axes.bbox.y1
    name_above(axes)
    assert len(axes.get_legend().get_texts()) == 1


def test_small_shares_have_room(axes):
    early_share_axis(axes, "pixels", [0.0, 0.01, 0.25, 1.0])
    where = axes.transData.transform([(share, 0.0) for share in (0.0, 0.01, 0.25, 1.0)])[:, 0]
    steps = (where - where[0]) / (where[-1] - where[0])
    np.testing.assert_allclose(steps, [0.0, 0.1, 0.5, 1.0])
    assert axes.get_xlabel() == "pixels (square-root scale)"
