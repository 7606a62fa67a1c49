import pickle

import numpy as np
import pytest
import torch
from PIL import Image

from saliencekit.data import open_data
from saliencekit.preprocessing import Preprocessing
from saliencekit.training.examples import Examples, RowFiles


def test_rows_are_the_labelled_ones_of_a_split(squares, preprocessing):
    collection = open_data(squares)
    files = RowFiles(collection, preprocessing, split="val")
    assert len(files) == 12
    assert files.labels.tolist() == [0, 1] * 6
    assert files.lists_maps
    for row, place in enumerate(files.places.tolist()):
        sample = collection.samples[place]
        assert (sample.split, sample.image) == ("val", files.identity(row))


def test_a_row_is_its_image_and_its_map(squares, preprocessing):
    collection = open_data(squares)
    files = RowFiles(collection, preprocessing, split="train")
    for number, place in enumerate(files.places.tolist()):
        row, sample = files.read(number), collection.samples[place]
        assert row.failure is row.map_failure is None
        assert row.pixels.dtype == torch.uint8
        assert np.array_equal(row.pixels[0], np.array(Image.open(sample.path)))
        assert (row.human_map is None) == (sample.human_map is None)
        if sample.human_map:
            assert np.array_equal(row.human_map, np.array(Image.open(sample.human_map)))
            assert files.read(number, with_map=False).human_map is None


@pytest.mark.parametrize("resize", ["squash", "crop"])
def test_image_and_map_are_resized_alike(squares, resize):
    # Maps that equal their images must equal them afterwards too, whatever the aspect.
    for path in squares.parent.glob("train-*-map.png"):
        image = Image.open(path.with_name(path.name.replace("-map", ""))).resize((48, 40))
        image.save(path.with_name(path.name.replace("-map", "")))
        image.save(path)
    grey = Preprocessing(size=(16, 20), resize=resize, channels=1, mean=(0.0,), std=(1.0,))
    files = RowFiles(open_data(squares), grey, split="train")
    for number in range(1, 24, 2):
        row = files.read(number)
        assert row.human_map.shape == (16, 20)
        assert torch.equal(row.human_map, row.pixels[0])


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (lambda path: path.write_bytes(b"no image"), "its content is no image that Pillow can read"),
        (lambda path: path.unlink(), "the file does not exist"),
        (lambda path: Image.new("L", (32, 32), 7).save(path), "it is all one value"),
        (lambda path: Image.radial_gradient("L").resize((64, 32)).save(path), "its aspect is not its image's: 64x32"),
    ],
)
def test_a_map_that_cannot_be_used_is_missing_with_the_reason(squares, preprocessing, broken, reason):
    path = squares.parent / "train-01-map.png"
    broken(path)
    row = RowFiles(open_data(squares), preprocessing, split="train").read(1)
    assert row.human_map is None
    assert row.pixels is not None
    assert row.map_failure.startswith(f"its human map {path} is not used: {reason}")


def test_an_image_that_cannot_be_read(squares, preprocessing):
    (squares.parent / "train-01.png").write_bytes(b"no image")
    row = RowFiles(open_data(squares), preprocessing, split="train").read(1)
    assert (row.pixels, row.human_map, row.map_failure) == (None, None, None)
    assert row.failure == "its content is no image that Pillow can read"


def test_rows_are_small_to_send(squares, preprocessing):
    files = RowFiles(open_data(squares), preprocessing, split="train")
    sent = pickle.loads(pickle.dumps(files))
    assert len(pickle.dumps(files)) < 24 * 400
    assert [sent.identity(row) for row in range(24)] == [files.identity(row) for row in range(24)]


def test_bytes_of_all_pixels(squares, preprocessing, tmp_path, write_squares):
    files = RowFiles(open_data(squares), preprocessing, split="train")
    assert files.shapes == ((24, 1, 32, 32), (24, 32, 32))
    assert files.size == 2 * 24 * 32 * 32
    without = RowFiles(open_data(write_squares(tmp_path / "b", maps=False)), preprocessing, split="train")
    assert without.size == 24 * 32 * 32 + 24


def test_rows_are_taken_by_index():
    count = torch.arange(10)
    ten = Examples(count.view(10, 1, 1, 1).byte(), count, torch.zeros(10, 1, 1), count > 4, count)
    some = ten.at(torch.tensor([7, 0, 7]))
    assert some.labels.tolist() == some.places.tolist() == some.images.flatten().tolist() == [7, 0, 7]
    assert some.has_map.tolist() == [True, False, True]
    assert isinstance(some, Examples)
