import numpy as np
import pytest

from saliencekit.showing.grid import Cell, Column, Key, grid_figure


def column(title="", *, rows=1, below="", shape=(10, 20)):
    return Column(title, tuple(Cell(np.full((*shape, 3), 9, np.uint8), below) for _ in range(rows)))


def words(figure):
    return [text.get_text() for text in figure.texts]


def test_pictures_keep_their_aspect_and_lie_inside():
    figure = grid_figure(
        [column(f"a\n{n}", rows=2, below="b") for n in range(5)], per_line=3, key=Key("0", "1", ("c",))
    )
    width, height = figure.get_size_inches()
    boxes = [axes.get_position() for axes in figure.axes]
    assert len(boxes) == 5 * 2 + 1
    for box in boxes[:-1]:
        assert box.width * width == pytest.approx(2 * box.height * height)
    assert all(0 <= box.x0 < box.x1 <= 1 and 0 <= box.y0 < box.y1 <= 1 for box in boxes)


def test_no_two_pictures_overlap():
    figure = grid_figure([column("t", rows=2, below="b") for _ in range(4)], per_line=2, rows=("x", "y"))
    boxes = [axes.get_position() for axes in figure.axes]
    for number, one in enumerate(boxes):
        for other in boxes[number + 1 :]:
            assert one.x1 <= other.x0 or other.x1 <= one.x0 or one.y1 <= other.y0 or other.y1 <= one.y0


def test_words_and_empty_places():
    columns = [column("first\nline", rows=2), Column("", (Cell(np.zeros((4, 8, 3), np.uint8), "2 nats"), None))]
    figure = grid_figure(
        columns, rows=("image", "map"), heading="head", key=Key("low", "high", ("one", "two"), "magma")
    )
    assert words(figure) == ["head", "first", "line", "image", "map", "low", "high", "one", "two"]
    assert len(figure.axes) == 3 + 1
    assert [axes.get_xlabel() for axes in figure.axes[:3]] == ["", "", "2 nats"]
    assert figure.axes[-1].images[0].get_cmap().name == "magma"


def test_rows_are_named_once_a_line():
    figure = grid_figure([column() for _ in range(5)], rows=("image",), per_line=2)
    assert words(figure) == ["image"] * 3


def test_the_key_has_room_below_a_single_small_picture():
    key = Key("lowest", "highest cell of all maps of a row", ("uniform map: 3.89 nats (7×7)",))
    width = grid_figure([column()], key=key, size=0.5).get_size_inches()[0]
    assert width >= key.width > 3.5
    assert grid_figure([column()], size=0.5).get_size_inches()[0] < 1


@pytest.mark.parametrize("name", ["<script>", "x" * 500, "a\u202eb", "שלום 🙂", "$x_1$", "a\tb"])
def test_names_are_text_and_fit(name):
    figure = grid_figure([column(name, below=name)], rows=(name,), heading=name)
    figure._repr_png_()
    for text in (*words(figure), figure.axes[0].get_xlabel()):
        assert len(text) <= 70
        assert "\u202e" not in text


def test_a_smooth_picture_and_cells():
    cells = (Cell(np.zeros((4, 4, 3), np.uint8)), Cell(np.zeros((2, 2, 3), np.uint8), fine=False))
    picture, grid = (axes.images[0] for axes in grid_figure([Column("", cells)]).axes)
    assert (picture.get_interpolation(), grid.get_interpolation()) == ("antialiased", "nearest")
