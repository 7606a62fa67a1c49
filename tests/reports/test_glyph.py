import re

import pytest

from saliencekit.reports.glyph import EDGE, WIDTH, axis_of, close_axis, difference_axis, interval_glyph

ENTRY = {"value": 0.5, "ci_low": 0.25, "ci_high": 0.75, "null": 0.0}


def test_marks_stand_where_the_numbers_say():
    svg = interval_glyph(ENTRY, (0.0, 1.0))
    inner = WIDTH - 2 * EDGE
    assert f'cx="{WIDTH / 2:.1f}"' in svg
    left, width = re.search(r'class="ci" x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', svg).groups()
    assert float(left) == pytest.approx(EDGE + inner * 0.25 - 1)
    assert float(width) == pytest.approx(inner * 0.5 + 2)
    assert f'd="M{EDGE:.1f} ' in svg


def test_it_says_itself_in_words():
    svg = interval_glyph(ENTRY, (0.0, 1.0))
    assert 'role="img"' in svg
    assert 'aria-label="0.500 [0.250, 0.750], null value 0.000, on an axis from 0 to 1"' in svg


def test_without_value_there_is_nothing_and_without_interval_no_bar():
    assert interval_glyph({"value": None}, (0.0, 1.0)) == ""
    svg = interval_glyph({"value": 0.2, "ci_low": None, "ci_high": None, "null": None}, (0.0, 1.0))
    assert 'class="value"' in svg
    assert 'class="ci"' not in svg
    assert 'class="null"' not in svg


def test_what_lies_beyond_the_axis_stops_at_its_end():
    assert f'cx="{WIDTH - EDGE:.1f}"' in interval_glyph({"value": 7.0}, (0.0, 1.0))


def test_axis_holds_everything():
    assert axis_of([{"value": 0.3}]) == (0.0, 1.0)
    assert axis_of([{"value": 3.0}, {"value": 1.0, "null": 3.85}], top=3.89) == (0.0, 3.89)
    assert axis_of([{"value": 0.3, "null": -0.02}]) == (-0.1, 1.0)
    assert axis_of([{"value": 27.0}]) == (0.0, 27.0)
    assert axis_of([]) == (0.0, 1.0)


@pytest.mark.parametrize("values", [(0.0,), (3.0,), (-2.0,), (0.2, 0.9), (3.1, 3.11), (-5.0, 12.0), (1.0, 1.0)])
def test_close_axis_is_wider_than_its_rows_but_not_by_much(values):
    low, high = close_axis([{"value": value} for value in values])
    assert low <= min(values) <= max(values) <= high
    assert low < high
    span = max(values) - min(values)
    assert not span or high - low <= 1.9 * span


def test_close_axis_does_not_run_past_what_is_possible():
    assert close_axis([{"value": 0.02}, {"value": 0.99}]) == (0.0, 1.0)


def test_difference_axis_has_zero_in_its_middle():
    low, high = difference_axis([{"value": -0.3, "ci_low": -0.5, "ci_high": 0.1}])
    assert low == -high
    assert high >= 0.5
    assert difference_axis([{"value": 0.0}]) == difference_axis([])
