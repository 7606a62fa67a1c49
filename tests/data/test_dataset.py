import os
import pickle
from pathlib import Path

import numpy
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader

from saliencekit.data import Collection, Decoded, ImageBatch, ImageDataset, Sample, collate, load_image, open_data


@pytest.fixture
def collection(tmp_path, picture):
    for number in range(5):
        Image.fromarray(numpy.roll(picture, number)).save(tmp_path / f"{number}.png")
    (tmp_path / "2.png").write_bytes(b"no image")
    (tmp_path / "4.png").unlink()
    os.mkfifo(tmp_path / "4.png")
    samples = tuple(Sample(f"{number}.png", tmp_path / f"{number}.png") for number in range(5))
    return Collection("d", str(tmp_path), "folder", samples)


def test_items_are_the_images(collection, plain):
    dataset = ImageDataset(collection, plain)
    assert len(dataset) == 5
    for place in (0, 1, 3):
        item = dataset[place]
        assert (item.index, item.failure) == (place, None)
        assert torch.equal(item.pixels, load_image(collection.samples[place].path, plain))


def test_a_bad_file_is_a_value_and_not_an_exception(collection, plain):
    dataset = ImageDataset(collection, plain)
    assert dataset[2] == Decoded(2, None, "its content is no image that Pillow can read")
    assert dataset[4] == Decoded(4, None, "it is a FIFO, not a regular file")


@pytest.mark.parametrize("index", [-1, 5])
def test_an_index_that_does_not_exist(collection, plain, index):
    with pytest.raises(IndexError, match=rf"expected an index of 0 to 4, got {index}"):
        ImageDataset(collection, plain)[index]


def test_collating_separates(collection, plain):
    dataset = ImageDataset(collection, plain)
    batch = collate([dataset[place] for place in (3, 2, 0)])
    assert batch.index.tolist() == [3, 0]
    assert batch.index.dtype == torch.int64
    assert (batch.pixels.shape, batch.pixels.dtype) == ((2, 3, 8, 6), torch.uint8)
    assert torch.equal(batch.pixels[1], dataset[0].pixels)
    assert batch.failures == ((2, "its content is no image that Pillow can read"),)
    assert len(batch) == 2


def test_a_batch_in_which_nothing_could_be_read():
    batch = collate([Decoded(7, None, "it is empty")])
    assert (len(batch), batch.pixels.shape, batch.failures) == (0, (0, 0, 0, 0), ((7, "it is empty"),))


def test_paths_of_every_kind_are_found_again(plain):
    paths = ["/a/b.png", "/", os.fsdecode(b"/\xff\xe9.png"), "/日本/🙂.png", "relative/x.png"]
    samples = tuple(Sample(str(number), Path(path)) for number, path in enumerate(paths))
    dataset = ImageDataset(Collection("d", "d", "folder", samples), plain)
    assert [dataset.path(number) for number in range(len(paths))] == paths


def test_an_empty_collection(plain):
    assert len(ImageDataset(Collection("d", "d", "folder", ()), plain)) == 0


def test_it_is_light_to_send_to_a_worker(plain):
    samples = tuple(Sample(f"{n:06d}.png", Path(f"/data/{n:06d}.png"), 0, "train", "group") for n in range(10_000))
    sent = pickle.dumps(ImageDataset(Collection("d", "d", "folder", samples), plain))
    assert len(sent) < 10_000 * 30
    assert pickle.loads(sent).path(9_999) == "/data/009999.png"


@pytest.mark.parametrize(("workers", "context"), [(0, None), (2, "fork"), (1, "spawn")])
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork.*:DeprecationWarning")
def test_workers_change_nothing(collection, plain, workers, context):
    loader = DataLoader(
        ImageDataset(collection, plain),
        batch_size=2,
        collate_fn=collate,
        num_workers=workers,
        multiprocessing_context=context,
    )
    batches = list(loader)
    assert all(isinstance(batch, ImageBatch) for batch in batches)
    assert torch.cat([batch.index for batch in batches if len(batch)]).tolist() == [0, 1, 3]
    assert [place for batch in batches for place, _ in batch.failures] == [2, 4]
    expected = load_image(collection.samples[3].path, plain)
    assert torch.equal(batches[1].pixels[0], expected)


def test_from_a_folder_to_a_batch(tree, plain):
    found = open_data(tree("real/a.png", "fake/a.png"))
    dataset = ImageDataset(found, plain)
    batch = collate([dataset[place] for place in range(len(found))])
    assert batch.pixels[:, 0, 0, 0].tolist() == [1, 0]
