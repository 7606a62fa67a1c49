import pandas as pd
import pytest
from matplotlib.figure import Figure

from saliencekit.sweeps.figures import draw_epochs
from saliencekit.sweeps.figures.epochs import _paint, course_of, reference_lines


def epochs(*values, column="val/map_entropy", **more):
    return pd.DataFrame({"epoch": range(len(values)), column: values, **more})


def test_mean_and_standard_error_by_hand():
    found = course_of([epochs(3.0, 2.0), epochs(3.0, 1.0), epochs(3.0, 3.0)], "val/map_entropy")
    assert found.epochs == [0, 1]
    assert found.mean == [3.0, 2.0]
    assert found.error == [0.0, pytest.approx(1 / 3**0.5)]


def test_epochs_without_a_value_and_repeated_ones():
    frame = pd.DataFrame({"epoch": [0, 1, 1, 2], "h": [3.0, 9.0, 2.0, None]})
    found = course_of([frame], "h")
    assert (found.epochs, found.mean, found.error) == ([0, 1], [3.0, 2.0], [0.0, 0.0])


def test_first_and_last_epoch_and_the_lines_are_told():
    more = {"map_entropy/maximum": [3.892] * 2, "map_entropy/human": [3.0] * 2}
    (panel,) = draw_epochs({"droid": [epochs(3.5, 2.5, **more), epochs(3.5, 2.0, **more)], "hseb": []})
    assert "validation images" in panel.alt
    assert "droid: 3.500 to 2.250." in panel.alt
    assert "Uniform map: 3.892. Human maps: 3.000." in panel.alt
    for words in ("uniform map", "human maps", "droid"):
        assert words in panel.svg


def test_training_entropy_where_nothing_was_validated():
    (panel,) = draw_epochs({"droid": [epochs(3.5, column="train/map_entropy")]})
    assert "training images" in panel.alt
    assert "Human" not in panel.alt


def test_lines_are_the_mean_over_runs_that_have_them():
    runs = [epochs(3.0, **{"map_entropy/human": [2.0]}), epochs(3.0, **{"map_entropy/human": [3.0]}), epochs(3.0)]
    assert [(line.value, line.name) for line in reference_lines(runs)] == [(2.5, "human maps")]


def test_the_highest_line_leaves_room_for_its_name():
    axes = Figure().subplots()
    frame = epochs(3.5, 3.4, **{"map_entropy/maximum": [3.892] * 2})
    _paint(axes, courses={"droid": course_of([frame], "val/map_entropy")}, lines=reference_lines([frame]), images="")
    low, high = axes.get_ylim()
    assert high - 3.892 >= 0.07 * (high - low)


def test_nothing_to_draw():
    assert draw_epochs({"droid": [pd.DataFrame({"epoch": []})]}) == []
