import numpy
import pytest
from PIL import Image

from saliencekit.data.pixels import as_channels, to_eight_bits
from saliencekit.errors import DataError


def pixel(image, channels=3):
    return as_channels(image, channels).getpixel((0, 0))


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize(
    "mode",
    ["1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "HSV", "LAB", "I", "F", "I;16"],
)
def test_every_mode_becomes_the_channels_asked_for(mode, channels):
    image = as_channels(Image.new(mode, (4, 3)), channels)
    assert (image.mode, image.size) == ({1: "L", 3: "RGB", 4: "RGBA"}[channels], (4, 3))


def test_grey_is_kept_exactly():
    ramp = Image.fromarray(numpy.arange(256, dtype=numpy.uint8)[None])
    assert numpy.array_equal(as_channels(ramp, 1), ramp)
    assert numpy.array_equal(numpy.asarray(as_channels(ramp, 3))[..., 1], ramp)


def test_colour_becomes_grey_by_itu_601():
    assert pixel(Image.new("RGB", (1, 1), (255, 0, 0)), 1) == 76
    assert pixel(Image.new("RGB", (1, 1), (0, 255, 0)), 1) == 150


def test_one_bit_is_black_and_white():
    assert [pixel(Image.new("1", (1, 1), value), 1) for value in (0, 1)] == [0, 255]


def test_cmyk():
    assert pixel(Image.new("CMYK", (1, 1), (0, 255, 255, 0))) == (255, 0, 0)
    assert pixel(Image.new("CMYK", (1, 1), (0, 0, 0, 255))) == (0, 0, 0)


def test_lab():
    white, black = Image.new("LAB", (1, 1), (255, 128, 128)), Image.new("LAB", (1, 1), (0, 128, 128))
    assert min(pixel(white)) >= 250
    assert max(pixel(black)) <= 5


def test_transparent_pixels_show_the_background_and_not_what_hides_under_them():
    assert pixel(Image.new("RGBA", (1, 1), (255, 0, 0, 0))) == (255, 255, 255)
    assert pixel(Image.new("RGBA", (1, 1), (255, 0, 0, 255))) == (255, 0, 0)
    red, green, blue = pixel(Image.new("RGBA", (1, 1), (0, 0, 0, 128)))
    assert red == green == blue == 127
    assert pixel(Image.new("LA", (1, 1), (0, 0)), 1) == 255


def test_four_channels_keep_the_transparency():
    assert pixel(Image.new("RGBA", (1, 1), (9, 8, 7, 6)), 4) == (9, 8, 7, 6)
    assert pixel(Image.new("RGB", (1, 1), (9, 8, 7)), 4) == (9, 8, 7, 255)


def test_a_palette_with_a_transparent_colour():
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 40, 50, 60])
    image.putdata([0, 1])
    image.info["transparency"] = 0
    assert numpy.asarray(as_channels(image, 3)).tolist() == [[[255, 255, 255], [40, 50, 60]]]
    image.info["transparency"] = bytes([0, 255])
    assert numpy.asarray(as_channels(image, 3)).tolist() == [[[255, 255, 255], [40, 50, 60]]]


@pytest.mark.parametrize("mode", ["L", "RGB", "1"])
def test_one_colour_may_be_declared_transparent(mode):
    image = Image.new(mode, (1, 1), 0)
    image.info["transparency"] = (0, 0, 0) if mode == "RGB" else 0
    assert pixel(image) == (255, 255, 255)


def test_sixteen_bits_are_scaled_and_not_clipped():
    values = numpy.array([[0, 257, 32896, 65535]], dtype=numpy.uint16)
    assert numpy.asarray(as_channels(Image.fromarray(values), 1)).tolist() == [[0, 1, 128, 255]]


def test_a_dark_sixteen_bit_picture_stays_dark():
    assert pixel(Image.fromarray(numpy.full((1, 1), 200, dtype=numpy.uint16)), 1) == 1


def test_sixteen_bits_with_a_transparent_value():
    image = Image.fromarray(numpy.array([[0, 65535]], dtype=numpy.uint16))
    image.info["transparency"] = 0
    assert numpy.asarray(as_channels(image, 1)).tolist() == [[255, 255]]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.0, 0.5, 1.0], [0, 128, 255]),
        ([0.0, 100.4, 255.0], [0, 100, 255]),
        ([0.0, 257.0, 65535.0], [0, 1, 255]),
        ([-1.0, 0.0, 1.0], [0, 128, 255]),
        ([0.0, 50000.0, 100000.0], [0, 128, 255]),
        ([0.0, 0.0, 0.0], [0, 0, 0]),
        ([-3.0, -3.0, -3.0], [0, 0, 0]),
        ([1e30, 1e30, 1e30], [0, 0, 0]),
    ],
)
def test_floats_take_the_first_range_that_fits(values, expected):
    assert to_eight_bits(numpy.array([values], dtype=numpy.float32)).tolist() == [expected]


@pytest.mark.parametrize(
    ("values", "expected"),
    [([0, 1, 255], [0, 1, 255]), ([0, 257, 65535], [0, 1, 255]), ([0, 2**30, 2**31 - 1], [0, 128, 255])],
)
def test_integers_take_the_first_range_that_fits(values, expected):
    assert to_eight_bits(numpy.array([values], dtype=numpy.int32)).tolist() == [expected]


def test_a_known_range_is_used_whatever_the_values():
    assert to_eight_bits(numpy.array([[0, 1, 70000]]), highest=65535.0).tolist() == [[0, 0, 255]]


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_pixels_that_are_no_number(bad):
    with pytest.raises(DataError, match=r"^it has pixels that are NaN or infinite$"):
        as_channels(Image.fromarray(numpy.array([[0.0, bad]], dtype=numpy.float32)), 3)


def test_the_image_given_is_not_changed():
    image = Image.new("LA", (2, 2), (9, 99))
    as_channels(image, 3)
    assert (image.mode, image.getpixel((0, 0))) == ("LA", (9, 99))
