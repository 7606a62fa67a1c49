import base64
import io

import numpy as np
import pytest
from PIL import Image

from saliencekit.errors import InputError
from saliencekit.reports.thumbnails import EXACT_SIDE, MAP_SIDE, Thumbnails, read_thumbnails


def written(folder, pixels, salience=None):
    Image.fromarray(pixels).save(folder / "image.png")
    np.save(folder / "map.npy", np.eye(7, dtype=np.float32) if salience is None else salience)
    return read_thumbnails(folder / "image.png", folder / "map.npy")


def opened(uri):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))))


def test_a_small_picture_is_kept_exactly(tmp_path):
    pixels = np.arange(28 * 56, dtype=np.uint8).reshape(28, 56)
    found = written(tmp_path, pixels)
    np.testing.assert_array_equal(opened(found.picture), pixels)
    assert (found.shape, found.small) == ("56 / 28", True)
    assert opened(found.colours).shape == (MAP_SIDE // 2, MAP_SIDE, 3)


def test_a_large_one_is_made_smaller_and_jpeg(tmp_path):
    found = written(tmp_path, np.zeros((300, 600, 3), np.uint8))
    assert found.picture.startswith("data:image/jpeg;base64,")
    assert (found.shape, found.small) == ("256 / 128", False)
    assert len(found.picture) < 10_000


@pytest.mark.parametrize("side", [1, EXACT_SIDE])
def test_the_smallest_and_the_largest_that_is_exact(tmp_path, side):
    found = written(tmp_path, np.zeros((side, side), np.uint8), np.ones((1, 1), np.float32))
    assert found.small
    assert opened(found.picture).shape == (side, side)


def test_a_map_of_no_number_has_the_least_colour(tmp_path):
    found = written(tmp_path, np.zeros((8, 8), np.uint8), np.full((7, 7), np.nan, np.float32))
    assert len(np.unique(opened(found.colours).reshape(-1, 3), axis=0)) == 1


def test_a_missing_file_is_no_picture(tmp_path):
    written(tmp_path, np.zeros((8, 8), np.uint8))
    assert read_thumbnails(tmp_path / "image.png", tmp_path / "gone.npy") == Thumbnails()
    assert read_thumbnails(tmp_path / "gone.png", tmp_path / "map.npy") == Thumbnails()


@pytest.mark.parametrize("name", ["image.png", "map.npy"])
@pytest.mark.parametrize("content", [b"", b"no picture, and no map", b"\x89PNG\r\n\x1a\n" + b"\x00" * 40])
def test_a_file_that_cannot_be_read_is_named(tmp_path, name, content):
    written(tmp_path, np.zeros((8, 8), np.uint8))
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=f"{name} is not what the audit wrote .*: run it again, or delete it"):
        read_thumbnails(tmp_path / "image.png", tmp_path / "map.npy")


def test_a_pickle_is_not_opened(tmp_path):
    written(tmp_path, np.zeros((8, 8), np.uint8))
    np.save(tmp_path / "map.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match=r"map\.npy is not what the audit wrote"):
        read_thumbnails(tmp_path / "image.png", tmp_path / "map.npy")
