import numpy as np
import pytest
import torch
from PIL import Image

from saliencekit.data import open_data
from saliencekit.preprocessing import Preprocessing
from saliencekit.training.examples import EpochOrder, Examples, RamBatches, load_examples


def test_a_split_is_read_with_its_maps(squares, preprocessing):
    collection = open_data(squares)
    loaded = load_examples(collection, preprocessing, split="train")
    examples = loaded.examples
    assert examples.images.shape == (24, 1, 32, 32)
    assert examples.images.dtype == examples.human_maps.dtype == torch.uint8
    assert torch.equal(examples.has_map, examples.labels == 1)
    assert loaded.skipped == loaded.maps_skipped == ()
    for row, place in enumerate(examples.places.tolist()):
        sample = collection.samples[place]
        assert sample.split == "train"
        assert sample.label == examples.labels[row]
        assert np.array_equal(examples.images[row, 0], np.array(Image.open(sample.path)))
        if sample.human_map:
            assert np.array_equal(examples.human_maps[row], np.array(Image.open(sample.human_map)))


@pytest.mark.parametrize("resize", ["squash", "crop"])
def test_image_and_map_are_resized_alike(squares, resize):
    # Maps that equal their images must equal them afterwards too, whatever the aspect.
    for path in squares.parent.glob("train-*-map.png"):
        image = Image.open(path.with_name(path.name.replace("-map", ""))).resize((48, 40))
        image.save(path.with_name(path.name.replace("-map", "")))
        image.save(path)
    grey = Preprocessing(size=(16, 20), resize=resize, channels=1, mean=(0.0,), std=(1.0,))
    examples = load_examples(open_data(squares), grey, split="train").examples
    assert examples.human_maps.shape == (24, 16, 20)
    assert torch.equal(examples.human_maps[examples.has_map], examples.images[examples.has_map, 0])


def test_what_cannot_be_used_is_named(squares, preprocessing):
    folder = squares.parent
    (folder / "train-00.png").write_bytes(b"no image")
    (folder / "train-01-map.png").write_bytes(b"no image")
    (folder / "train-03-map.png").unlink()
    Image.new("L", (32, 32), 7).save(folder / "train-05-map.png")
    loaded = load_examples(open_data(squares), preprocessing, split="train")
    assert [failure.image for failure in loaded.skipped] == ["train-00.png"]
    assert [failure.image for failure in loaded.maps_skipped] == [
        "train-01.png",
        "train-03.png",
        "train-05.png",
    ]
    assert "all one value" in loaded.maps_skipped[2].reason
    assert loaded.examples.labels.shape == (23,)
    assert int(loaded.examples.has_map.sum()) == 12 - 3


def test_no_maps_cost_no_memory(tmp_path, write_squares, preprocessing):
    manifest = write_squares(tmp_path, maps=False)
    examples = load_examples(open_data(manifest), preprocessing, split="train").examples
    assert examples.human_maps.shape == (24, 1, 1)
    assert not examples.has_map.any()


@pytest.fixture
def ten():
    count = torch.arange(10)
    return Examples(torch.zeros(10, 1, 2, 2), count, torch.zeros(10, 1, 1), count > 4, count)


def test_an_epoch_sees_every_image_once(ten):
    batches = RamBatches(ten, batch_size=4, sampler=EpochOrder(10, seed=0))
    sizes = [len(batch.labels) for batch in batches]
    seen = [place for batch in batches for place in batch.places.tolist()]
    assert sizes == [4, 4, 2]
    assert len(batches) == 3
    assert sorted(seen) == list(range(10))
    for batch in batches:
        assert torch.equal(batch.labels, batch.places)
        assert torch.equal(batch.has_map, batch.places > 4)


def test_the_order_is_the_epochs(ten):
    def order(seed, epoch):
        batches = RamBatches(ten, batch_size=3, sampler=EpochOrder(10, seed=seed))
        batches.sampler.set_epoch(epoch)
        return [place for batch in batches for place in batch.places.tolist()]

    assert order(0, 2) == order(0, 2)
    assert len({tuple(order(seed, epoch)) for seed in (0, 1) for epoch in (0, 1, 2)}) == 6


def test_without_a_sampler_the_order_is_that_of_the_examples(ten):
    assert [place for batch in RamBatches(ten, batch_size=3) for place in batch.places.tolist()] == list(range(10))
