"""What a network sees of a photograph, against what the decoder gives it."""

import numpy as np
import pytest
from PIL import Image

from saliencekit.data.resizing import resized
from saliencekit.errors import DataError
from saliencekit.explaining.seeing import LARGEST_SIDE, see, seen_part
from saliencekit.preprocessing import Preprocessing


def preprocessing(size, resize="squash", resize_to=None, channels=3):
    return Preprocessing(
        size=size, resize=resize, resize_to=resize_to, channels=channels, mean=(0.5,) * channels, std=(0.5,) * channels
    )


@pytest.mark.parametrize(
    "settings",
    [
        preprocessing((60, 60)),
        preprocessing((40, 90)),
        preprocessing((64, 64), "crop"),
        preprocessing((64, 64), "crop", 80),
        preprocessing((48, 80), "crop", 100),
        preprocessing((100, 90), "crop", 60),  # margins
    ],
)
@pytest.mark.parametrize("size", [(300, 200), (200, 300), (257, 257)])
def test_places_in_the_photograph_are_those_in_the_networks_image(settings, size):
    width, height = size
    # ramps of the photograph's own coordinates: what the network gets says where each of its pixels comes from
    across = Image.fromarray(np.tile(np.arange(width, dtype=np.float32) + 0.5, (height, 1)))
    down = Image.fromarray(np.tile(np.arange(height, dtype=np.float32)[:, None] + 0.5, (1, width)))
    left, top, right, bottom = seen_part(size, settings)
    rows, columns = settings.size
    expected_x = left + (np.arange(columns) + 0.5) * (right - left) / columns
    expected_y = top + (np.arange(rows) + 0.5) * (bottom - top) / rows
    x, y = np.asarray(resized(across, settings)), np.asarray(resized(down, settings))
    inside = (x > 0) & (y > 0)  # margins are black
    assert inside.mean() > 0.3
    border = 0.06 * max(size)  # where the filter is cut off at the edge
    assert np.abs(x - expected_x)[inside].max() < border
    assert np.abs(y - expected_y[:, None])[inside].max() < border
    middle = np.s_[rows // 2 - 5 : rows // 2 + 5, columns // 2 - 5 : columns // 2 + 5]
    # 2 pixels: the decoder rounds sides and the cut to whole pixels of the resized image
    assert np.abs(x - expected_x)[middle].max() < 2
    assert np.abs(y - expected_y[:, None])[middle].max() < 2


def test_one_reading_gives_both(tmp_path):
    Image.new("RGB", (1600, 400), (10, 20, 30)).save(tmp_path / "wide.png")
    seen = see(tmp_path / "wide.png", preprocessing((32, 32), "crop"))
    assert seen.pixels.shape == (3, 32, 32)
    assert seen.picture.shape == (LARGEST_SIDE * 400 // 1600, LARGEST_SIDE, 3)
    assert seen.size == (1600, 400)
    assert seen.box == (288, 0, 480, 192)
    assert seen.picture[0, 0].tolist() == [10, 20, 30]


def test_small_and_grey_images_are_enlarged(tmp_path):
    Image.fromarray(np.array([[0, 255]], np.uint8)).save(tmp_path / "small.png")
    seen = see(tmp_path / "small.png", preprocessing((8, 8), channels=1))
    assert seen.pixels.shape == (1, 8, 8)
    assert seen.picture.shape == (112, 224, 3)
    assert seen.box == (0, 0, 224, 112)


def test_extremely_long_images_have_a_box(tmp_path):
    Image.new("L", (30000, 1)).save(tmp_path / "line.png")
    seen = see(tmp_path / "line.png", preprocessing((8, 8), "crop", channels=1))
    left, top, right, bottom = seen.box
    assert right > left
    assert bottom > top
    assert seen.picture.shape[1] == LARGEST_SIDE


def test_orientation_is_applied(tmp_path):
    image = Image.new("L", (40, 20))
    exif = image.getexif()
    exif[0x0112] = 6
    image.save(tmp_path / "turned.jpg", exif=exif)
    assert see(tmp_path / "turned.jpg", preprocessing((8, 8))).size == (20, 40)


def test_what_cannot_be_read(tmp_path):
    (tmp_path / "broken.png").write_text("nothing")
    with pytest.raises(DataError, match=r"^its content is no image that Pillow can read$"):
        see(tmp_path / "broken.png", preprocessing((8, 8)))
