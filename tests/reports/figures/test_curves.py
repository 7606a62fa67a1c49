import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from saliencekit.reports.figures._curves import paint_curve, share_axis


@pytest.fixture
def axes():
    return Figure().add_subplot()


def test_curve_is_the_mean(axes):
    frame = pd.DataFrame({"x": [0, 0, 1, 1], "y": [0.0, 1.0, 2.0, np.nan]})
    paint_curve(axes, frame, "x", "y", colour="accent")
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), [0.5, 2.0])
    paint_curve(axes, frame[frame["y"].isna()], "x", "y", colour="accent")
    assert len(axes.lines) == 1  # nothing to draw, nothing drawn


def test_shares_are_written_in_per_cent(axes):
    axes.set_xlim(0, 1)
    share_axis(axes, "pixels")
    assert axes.get_xlabel() == "pixels"
    assert axes.xaxis.get_major_formatter()(0.25) == "25 %"
