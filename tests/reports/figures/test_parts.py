import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from saliencekit.reports.figures._parts import (
    MOST_ROWS,
    Line,
    largest,
    paint_intervals,
    paint_lines,
    paint_ranked,
    paint_ridges,
)


@pytest.fixture
def axes():
    return Figure().add_subplot()


def labels(axes):
    return [label.get_text() for label in axes.get_yticklabels()]


def test_levels_come_largest_first_and_the_rest_together():
    levels = {f"l{i:02d}": pd.Series([1.0] * (i + 1)) for i in range(20)}
    rows = largest(levels)
    assert len(rows) == MOST_ROWS
    assert [name for name, _ in rows[:2]] == ["l19", "l18"]
    assert rows[-1][0] == "13 others"
    assert sum(len(part) for _, part in rows) == sum(range(1, 21))


def test_missing_values_are_left_out():
    levels = {"a": pd.Series([1.0, np.nan]), "b": pd.Series([np.nan])}
    assert [(name, len(part)) for name, part in largest(levels)] == [("a", 1)]


@pytest.mark.parametrize("values", [[3.0], [3.0, 3.0], [0.0], [-1.0, 2.0, 2.5]])
def test_ridges_hold_every_value_and_mark_the_median(axes, values):
    rows = [("one", pd.Series(values))]
    paint_ridges(axes, rows, label="x", lines=[Line(4.0, "line")])
    low, high = axes.get_xlim()
    assert low < min(values)
    assert high > 4.0
    assert float(np.median(values)) in [line.get_xdata()[0] for line in axes.lines]
    assert labels(axes) == [f"one  n={len(values)}"]


def test_intervals_and_null_values_stand_at_their_rows(axes):
    levels = {"a": {"value": 0.5, "ci_low": 0.4, "ci_high": 0.6}, "b": {"value": None}, "c": {"value": 0.2}}
    paint_intervals(axes, levels, label="x", nulls={"a": 0.1})
    marks = {(line.get_marker(), float(line.get_xdata()[0]), float(line.get_ydata()[0])) for line in axes.lines}
    assert ("o", 0.5, 2.0) in marks
    assert ("D", 0.1, 2.0) in marks
    assert ("o", 0.2, 0.0) in marks
    assert labels(axes) == ["a", "b", "c"]


def test_ranked_levels_rise_and_only_the_ends_are_named(axes):
    levels = {f"g{i}": {"value": float(-i), "ci_low": -i - 1, "ci_high": -i + 1} for i in range(50)}
    paint_ranked(axes, levels, label="x")
    (dots,) = (line for line in axes.lines if line.get_marker() == "o")
    assert (np.diff(dots.get_xdata()) > 0).all()
    assert labels(axes) == ["g49", "g0"]


def test_a_line_that_is_no_number_is_not_drawn(axes):
    paint_lines(axes, [Line(float("nan"), "nothing")])
    assert not axes.lines
    assert not axes.texts
