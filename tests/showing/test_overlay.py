import base64
import io

import matplotlib
import numpy as np
import pytest
from PIL import Image

from saliencekit.errors import InputError, UsageError
from saliencekit.showing.overlay import COLORMAP, FADED, colour_scale, data_uri, enlarged, in_range, overlay

LEAST, MOST = (np.rint(np.array(matplotlib.colormaps[COLORMAP](end)[:3]) * 255) for end in (0.0, 1.0))


def test_colours_of_the_ends():
    salience = np.array([[-3.0, 5.0]], np.float32)
    out = overlay(np.zeros((2, 4), np.uint8), salience, strength=1.0)
    assert out.shape == (2, 4, 3)
    np.testing.assert_array_equal(out[:, 0], np.tile(LEAST, (2, 1)))
    np.testing.assert_array_equal(out[:, -1], np.tile(MOST, (2, 1)))


def test_strength_zero_is_the_grey_image():
    image = np.dstack([np.full((3, 3), value, np.uint8) for value in (200, 100, 50)])
    out = overlay(image, np.eye(3), strength=0.0)
    assert set(out.ravel().tolist()) == {round(0.299 * 200 + 0.587 * 100 + 0.114 * 50)}


@pytest.mark.parametrize("salience", [np.zeros((7, 7)), np.ones((7, 7)), np.full((7, 7), np.nan), np.ones((1, 1))])
def test_a_map_without_range_is_all_of_the_least_colour(salience):
    out = overlay(np.zeros((8, 8), np.uint8), salience, strength=1.0)
    np.testing.assert_array_equal(out, np.broadcast_to(LEAST, (8, 8, 3)))


def test_scale_and_offset_of_a_map_change_nothing():
    salience = np.random.default_rng(0).random((7, 7)).astype(np.float32)
    image = np.arange(64, dtype=np.uint8).reshape(8, 8)
    np.testing.assert_array_equal(overlay(image, salience), overlay(image, 4 * salience + 2))


def test_inputs_are_not_written_to():
    image, salience = np.zeros((8, 8), np.uint8), np.eye(7, dtype=np.float32)
    image.setflags(write=False)
    salience.setflags(write=False)
    overlay(image, salience)


def test_colour_order_is_told_apart_by_lightness_alone():
    steps = np.array([matplotlib.colormaps[COLORMAP](step / 20)[:3] for step in range(21)]) @ (0.299, 0.587, 0.114)
    assert (np.diff(steps) > 0).all()


@pytest.mark.parametrize(
    ("image", "salience", "message"),
    [
        (np.zeros((4, 4)), np.eye(2), "expected `image` as uint8 .* got float64"),
        (np.zeros((4, 4, 4), np.uint8), np.eye(2), "expected `image` as uint8"),
        (np.zeros((4, 4), np.uint8), np.zeros(3), r"expected `salience` of shape \(h, w\), got \(3,\)"),
        (np.zeros((4, 4), np.uint8), np.zeros((0, 3)), "expected `salience`"),
    ],
)
def test_wrong_shapes(image, salience, message):
    with pytest.raises(InputError, match=message):
        overlay(image, salience)


def test_small_pictures_are_enlarged_in_whole_squares():
    image = np.array([[1, 2], [3, 4]], np.uint8)
    out = enlarged(image, least=5)
    assert out.shape == (6, 6)
    assert (out[:3, :3] == 1).all()
    assert enlarged(image, least=2) is not None
    assert enlarged(image, least=2).shape == (2, 2)


@pytest.mark.parametrize("shape", [(5, 4), (5, 4, 1), (5, 4, 3), (1, 1), (1, 9), (9, 1, 1)])
def test_data_uri_is_that_picture(shape):
    image = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    head, body = data_uri(image).split(",")
    assert head == "data:image/png;base64"
    with Image.open(io.BytesIO(base64.b64decode(body))) as back:
        np.testing.assert_array_equal(np.asarray(back).reshape(shape), image)


def test_colour_scale_runs_from_least_to_most():
    assert colour_scale().startswith("linear-gradient(to right, #440154, ")
    assert colour_scale().endswith(", #fde725)")


@pytest.mark.parametrize("colormap", ["magma", "cividis"])
def test_other_colours(colormap):
    out = overlay(np.zeros((2, 4), np.uint8), np.array([[0.0, 1.0]]), strength=1.0, colormap=colormap)
    ends = [np.rint(np.array(matplotlib.colormaps[colormap](end)[:3]) * 255) for end in (0.0, 1.0)]
    np.testing.assert_array_equal(out[0, [0, -1]], ends)


def test_a_box_is_what_the_map_covers():
    image = np.full((6, 8), 100, np.uint8)
    out = overlay(image, np.array([[0.0, 1.0]]), strength=1.0, box=(2, 1, 6, 5))
    np.testing.assert_array_equal(out[1:5, 2], np.tile(LEAST, (4, 1)))
    np.testing.assert_array_equal(out[1:5, 5], np.tile(MOST, (4, 1)))
    rest = np.ones((6, 8), bool)
    rest[1:5, 2:6] = False
    assert set(out[rest].ravel().tolist()) == {round(FADED * 100 + (1 - FADED) * 255)}


def test_a_box_that_reaches_beyond_the_image_shows_its_part_of_the_map():
    salience = np.arange(4.0)[None]
    whole = overlay(np.zeros((1, 16), np.uint8), salience, strength=1.0)
    part = overlay(np.zeros((1, 8), np.uint8), salience, strength=1.0, box=(-4, -3, 12, 4))
    np.testing.assert_array_equal(part[0], whole[0, 4:12])


def test_a_box_outside_and_an_unknown_colormap():
    with pytest.raises(InputError, match=r"^expected `box` to cover a part of an image of \(H, W\) = \(4, 4\), got"):
        overlay(np.zeros((4, 4), np.uint8), np.eye(2), box=(5, 0, 9, 4))
    with pytest.raises(UsageError, match=r"^unknown colormap 'jet': expected one of viridis, cividis, magma"):
        overlay(np.zeros((4, 4), np.uint8), np.eye(2), colormap="jet")


def test_limits_are_the_values_of_the_ends():
    """A map in the lower half of the limits reaches the middle colour at most; what lies beyond is cut."""
    middle = np.rint(np.array(matplotlib.colormaps[COLORMAP](0.5)[:3]) * 255)
    out = overlay(np.zeros((2, 4), np.uint8), np.array([[-3.0, 5.0]]), strength=1.0, limits=(-3.0, 13.0))
    np.testing.assert_array_equal(out[0, 0], LEAST)
    np.testing.assert_array_equal(out[0, -1], middle)
    beyond = overlay(np.zeros((2, 4), np.uint8), np.array([[-9.0, 99.0]]), strength=1.0, limits=(-3.0, 13.0))
    np.testing.assert_array_equal(beyond[0, [0, -1]], [LEAST, MOST])


def test_a_constant_map_has_a_place_between_limits():
    assert in_range(np.full((2, 2), 3.0), (0.0, 4.0)).tolist() == [[0.75, 0.75], [0.75, 0.75]]
    assert in_range(np.full((2, 2), 3.0)).tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert in_range(np.array([[0.0, np.nan]]), (0.0, 4.0)).tolist() == [[0.0, 0.0]]


@pytest.mark.parametrize("limits", [(1.0, 1.0), (2.0, 1.0), (0.0, np.inf), (np.nan, 1.0)])
def test_limits_that_are_no_range(limits):
    with pytest.raises(InputError, match="expected `limits` from a lower to a higher number"):
        overlay(np.zeros((4, 4), np.uint8), np.eye(2), limits=limits)
