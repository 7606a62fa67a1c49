import matplotlib
import numpy as np
import pytest

from saliencekit.explaining.panels import GAP, NARROWEST, PAPER, Panel, side_by_side
from saliencekit.showing.colours import COLORMAPS


def picture(height, width, colour):
    return np.full((height, width, 3), colour, np.uint8)


def test_pictures_stand_in_a_row_unchanged():
    rows = [Panel(picture(50, 200, (200, 10, 10)), ("a", "b")), Panel(picture(80, 300, (10, 200, 10)), ("c",))]
    drawn = side_by_side(rows)
    assert drawn.shape[1] == 200 + 300 + 3 * GAP
    for row, left in zip(rows, (GAP, 2 * GAP + 200), strict=True):
        found = np.argwhere((drawn == row.picture[0, 0]).all(2))
        assert found.min(0)[1] == left
        assert (found.max(0) - found.min(0) + 1).tolist() == list(row.picture.shape[:2])
    assert (drawn[0, 0] == PAPER).all()


@pytest.mark.parametrize(
    ("count", "width", "rows", "columns"),
    [(1, 700, 1, 1), (2, 900, 1, 2), (3, 900, 2, 2), (3, 500, 1, 3), (4, 500, 2, 2), (10, 300, 3, 4), (7, 300, 2, 4)],
)
def test_many_pictures_stand_in_rows_of_like_length(count, width, rows, columns):
    drawn = side_by_side([Panel(picture(40, width, (200, 10, number)), ("a",)) for number in range(count)])
    assert drawn.shape[1] == columns * (width + GAP) + GAP
    lefts, tops = set(), set()
    for number in range(count):
        top, left = np.argwhere((drawn == (200, 10, number)).all(2)).min(0)
        lefts.add(int(left)), tops.add(int(top))
    assert (len(tops), len(lefts)) == (rows, columns)


@pytest.mark.parametrize("colormap", COLORMAPS)
def test_the_scale_has_the_colours_of_the_map(colormap):
    drawn = side_by_side([Panel(picture(9, 200, 0), ("a",))], colormap=colormap)
    for end in (0.0, 0.5, 1.0):
        colour = np.rint(np.array(matplotlib.colormaps[colormap](end)[:3]) * 255)
        assert (np.abs(drawn.astype(int) - colour).max(2) <= 3).any(), end


def test_long_titles_are_shortened_and_hidden_signs_spelled_out():
    plain = side_by_side([Panel(picture(9, 60, 0), ("x" * 500,))])
    assert plain.shape[1] == NARROWEST + 2 * GAP
    hidden = side_by_side([Panel(picture(9, 60, 0), ("a\u202eb",))])
    spelled = side_by_side([Panel(picture(9, 60, 0), ("a\\u202eb",))])
    np.testing.assert_array_equal(hidden, spelled)


def test_same_input_same_bytes():
    panels = [Panel(picture(9, 60, 7), ("顔 tabby 0.5", "2.1 nats"))]
    np.testing.assert_array_equal(side_by_side(panels), side_by_side(panels))
