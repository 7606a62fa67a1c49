import pytest

from saliencekit.errors import UsageError
from saliencekit.training.curve import entropy_curve


def test_the_curve_and_its_limit():
    history = [
        {"epoch": 3, "entropy": 1.2, "entropy_normalized": 0.6},
        {"epoch": 5, "entropy": 0.8, "entropy_normalized": 0.4},
    ]
    figure = entropy_curve(history, step="epoch")
    (axes,) = figure.axes
    curve, limit = axes.lines
    assert curve.get_xydata().tolist() == [[3.0, 1.2], [5.0, 0.8]]
    assert limit.get_ydata() == pytest.approx([2.0, 2.0])
    assert axes.get_xlabel() == "epoch"
    assert "nats" in axes.get_ylabel()


def test_a_grid_of_one_cell():
    figure = entropy_curve([{"step": 0, "entropy": 0.0, "entropy_normalized": 0.0}])
    assert figure.axes[0].lines[1].get_ydata() == [0.0, 0.0]


def test_nothing_to_draw():
    with pytest.raises(UsageError, match="no look at the maps yet"):
        entropy_curve([])
