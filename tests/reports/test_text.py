import math

import pytest

from saliencekit.reports.text import end_of_axis, interval, number, value_line


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "–"),
        (math.nan, "–"),
        (math.inf, "–"),
        (0.0, "0.000"),
        (0, "0"),
        (12, "12"),
        (3.14159, "3.142"),
        (31.4159, "31.42"),
        (3141.59, "3,141.6"),
        (-0.5, "−0.500"),
        (0.00061234, "0.00061"),
        (-0.00061234, "−0.00061"),
    ],
)
def test_number(value, words):
    assert number(value) == words


def test_interval_needs_both_ends():
    assert interval(1.0, None) == interval(None, 1.0) == ""
    assert interval(-1.0, 1.0) == "[−1.000, 1.000]"


def test_value_line_leaves_out_what_is_not_there():
    assert value_line({"value": 0.5}) == "0.500"
    assert value_line({"value": None, "unit": "nats"}) == "– nats"


def test_end_of_axis():
    assert [end_of_axis(value) for value in (0.0, -0.1, 3.8918, 1.0)] == ["0", "−0.1", "3.89", "1"]
