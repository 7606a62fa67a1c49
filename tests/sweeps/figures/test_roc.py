import numpy as np
import pytest

from saliencekit.sweeps.figures import draw_roc
from saliencekit.sweeps.figures.roc import STEPS, mean_roc

CHANCE = (np.array([0.0, 1.0]), np.array([0.0, 1.0]))
PERFECT = (np.array([0.0, 0.0, 1.0]), np.array([0.0, 1.0, 1.0]))


def test_mean_and_standard_error_by_hand():
    found = mean_roc([CHANCE, PERFECT])
    middle = STEPS // 2
    assert found.mean[0] == 0.5  # of 0 and 1: at a jump the upper end counts
    assert (found.mean[middle], found.mean[-1]) == (0.75, 1.0)
    # of .5 and 1: std .353553, over sqrt(2) .25
    assert found.error[middle] == pytest.approx(0.25)
    assert found.error[-1] == 0


def test_one_run_has_no_error():
    assert not mean_roc([CHANCE]).error.any()


def test_rates_are_told():
    (panel,) = draw_roc({"droid": [PERFECT], "cyborg": [CHANCE, CHANCE], "hseb": []})
    assert "at 1, 5, 10 % false positives" in panel.alt
    assert "droid: 1.000, 1.000, 1.000; cyborg: 0.010, 0.050, 0.100." in panel.alt


def test_nothing_to_draw():
    assert draw_roc({"droid": []}) == []
