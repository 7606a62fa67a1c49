import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from saliencekit.reports.figures._curves import paint_curve, share_axis


@pytest.fixture
def axes():
    return Figure().add_subplot()


def test_curve_is_the_mean_and_its_band_the_middle_half(axes):
    levels = {1.0: pd.Series([2.0, np.nan]), 0.0: pd.Series([0.0, 1.0, 2.0, 3.0, 4.0]), 0.5: pd.Series([np.nan])}
    paint_curve(axes, levels, colour="accent")
    np.testing.assert_array_equal(axes.lines[0].get_xdata(), [0.0, 1.0])
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), [2.0, 2.0])
    assert {1.0, 3.0} <= set(axes.collections[0].get_paths()[0].vertices[:, 1])
    paint_curve(axes, {0.5: pd.Series([np.nan])}, colour="accent")
    assert len(axes.lines) == 1  # nothing to draw, nothing drawn


def test_shares_are_written_in_per_cent(axes):
    axes.set_xlim(0, 1)
    share_axis(axes, "pixels")
    assert axes.get_xlabel() == "pixels"
    assert axes.xaxis.get_major_formatter()(0.25) == "25 %"
