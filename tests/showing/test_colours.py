import matplotlib
import numpy as np
import pytest

from saliencekit.showing.colours import COLORMAP, COLORMAPS


def test_the_usual_one_comes_first():
    assert COLORMAPS[0] == COLORMAP


@pytest.mark.parametrize("colormap", COLORMAPS)
def test_order_is_told_by_lightness_alone(colormap):
    steps = np.array([matplotlib.colormaps[colormap](step / 20)[:3] for step in range(21)]) @ (0.299, 0.587, 0.114)
    assert (np.diff(steps) > 0).all()
