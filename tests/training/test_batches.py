import multiprocessing

import pytest
import torch
from PIL import Image

from saliencekit.data import open_data
from saliencekit.errors import DataError
from saliencekit.training.augmentation import Augmentation, augment
from saliencekit.training.batches import Batches, MadeBatches
from saliencekit.training.caching import load_split
from saliencekit.training.examples import Examples, RowFiles
from saliencekit.training.order import EpochBatches
from saliencekit.training.seeds import derived_seed

OFF = Augmentation()
EVERYTHING = Augmentation(flip=0.5, crop=0.5, rotation=30, jpeg=30, blur=2.0, downscale=0.4, noise=0.1)


@pytest.fixture
def files(squares, preprocessing):
    return RowFiles(open_data(squares), preprocessing, split="train")


@pytest.fixture
def ten():
    count = torch.arange(10)
    return Examples(torch.zeros(10, 1, 2, 2), count, torch.zeros(10, 1, 1), count > 4, count)


def epochs(batches, count=2):
    out = []
    for epoch in range(count):
        batches.order.set_epoch(epoch)
        out += list(batches)
    return out


def same(one, other):
    assert len(one) == len(other)
    return all(
        a.dtype == b.dtype and torch.equal(a, b)
        for first, second in zip(one, other, strict=True)
        for a, b in zip(first, second, strict=True)
    )


def test_an_epoch_sees_every_image_once(ten):
    batches = Batches(ten, EpochBatches(10, batch_size=4, seed=0))
    got = list(batches)
    assert [len(batch.labels) for batch in got] == [4, 4, 2]
    assert len(batches) == 3
    assert sorted(place for batch in got for place in batch.places.tolist()) == list(range(10))
    for batch in got:
        assert torch.equal(batch.labels, batch.places)
        assert torch.equal(batch.has_map, batch.places > 4)


def test_the_order_is_that_of_the_epoch_batches(ten):
    order = EpochBatches(10, batch_size=3, seed=1)
    batches = Batches(ten, order)
    assert batches.order is batches.sampler is order  # Lightning calls set_epoch on the sampler
    order.set_epoch(4)
    expected = [batch.tolist() for batch in order]
    assert [batch.places.tolist() for batch in batches] == expected
    order.start_at(2)
    assert [batch.places.tolist() for batch in batches] == expected[2:]


@pytest.mark.parametrize("how", [OFF, EVERYTHING])
def test_from_files_or_memory_with_any_number_of_workers(files, how):
    kept, looked = load_split(files, keep=True), load_split(files, keep=False)
    found = [
        epochs(
            Batches(MadeBatches(files, source, how, seed=5), EpochBatches(24, batch_size=7, seed=5), workers=workers)
        )
        for source in (kept, looked)
        for workers in (0, 1, 2)
    ]
    assert all(same(found[0], other) for other in found[1:])
    if not how.active:
        assert same(found[0], epochs(Batches(kept.kept, EpochBatches(24, batch_size=7, seed=5))))


def test_augmentation_is_a_function_of_seed_epoch_and_image(files):
    kept = load_split(files, keep=True)
    made = MadeBatches(files, kept, EVERYTHING, seed=5)
    batches = epochs(Batches(made, EpochBatches(24, batch_size=7, seed=1)))
    for number, batch in enumerate(batches):
        for row, place in enumerate(batch.places.tolist()):
            at = int((kept.places == place).nonzero())
            human_map = kept.kept.human_maps[at] if kept.has_map[at] else None
            seed = derived_seed(5, "augment", number // 4, files.identity(at))
            image, human_map = augment(kept.kept.images[at], human_map, EVERYTHING, seed=seed)
            assert torch.equal(batch.images[row], image)
            if batch.has_map[row]:
                assert torch.equal(batch.human_maps[row], human_map)


def test_a_map_whose_mark_left_the_frame_is_missing(tmp_path, write_squares, preprocessing):
    manifest = write_squares(tmp_path)
    corner = Image.new("L", (32, 32))
    corner.putpixel((0, 0), 255)
    for path in tmp_path.glob("train-*-map.png"):
        corner.save(path)
    files = RowFiles(open_data(manifest), preprocessing, split="train")
    loaded = load_split(files, keep=True)
    assert int(loaded.has_map.sum()) == 12
    made = MadeBatches(files, loaded, Augmentation(crop=0.1), seed=0)
    (batch,) = Batches(made, EpochBatches(24, batch_size=24, seed=None))
    assert int(batch.has_map.sum()) < 6
    for row in range(24):
        assert bool(batch.has_map[row]) == bool(batch.human_maps[row].any())


def test_an_epoch_left_half_way_and_begun_again(files):
    loaded = load_split(files, keep=False)
    order = EpochBatches(24, batch_size=4, seed=0)
    batches = Batches(MadeBatches(files, loaded, EVERYTHING, seed=0), order, workers=2)
    whole = epochs(batches, 1)
    for number, _ in enumerate(batches):
        if number == 1:
            break
    order.start_at(2)
    assert same(whole[2:], list(batches))
    assert same(whole, epochs(batches, 1))


def test_workers_end_when_the_batches_are_closed(files):
    before = set(multiprocessing.active_children())
    loaded = load_split(files, keep=False, workers=0)
    batches = Batches(MadeBatches(files, loaded, OFF, seed=0), EpochBatches(24, batch_size=4, seed=0), workers=2)
    first = list(batches)
    assert len(set(multiprocessing.active_children()) - before) == 2
    batches.close()
    assert set(multiprocessing.active_children()) <= before
    assert same(first, list(batches))


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize("name", ["train-03.png", "train-03-map.png"])
def test_a_file_that_goes_away_is_named(files, squares, workers, name):
    made = MadeBatches(files, load_split(files, keep=False), OFF, seed=0)
    (squares.parent / name).unlink()
    with pytest.raises(
        DataError, match=r"train-03\.png could be read when the run began and cannot be read now: .*exist"
    ):
        list(Batches(made, EpochBatches(24, batch_size=4, seed=None), workers=workers))


def test_ranks_share_a_batch(files):
    kept = load_split(files, keep=True).kept
    whole = list(Batches(kept, EpochBatches(24, batch_size=7, seed=3)))
    halves = [list(Batches(kept, EpochBatches(24, batch_size=7, seed=3, rank=rank, world=2))) for rank in (0, 1)]
    for batch, one, other in zip(whole, *halves, strict=True):
        assert torch.equal(batch.places[0::2], one.places)
        assert torch.equal(batch.places[1::2], other.places)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_batches_from_a_device_and_from_pinned_memory(files):
    kept = load_split(files, keep=True).kept
    plain = list(Batches(kept, EpochBatches(24, batch_size=7, seed=3)))
    device = torch.device("cuda")
    there = list(Batches(kept.to(device), EpochBatches(24, batch_size=7, seed=3)))
    assert all(each.is_cuda for batch in there for each in batch)
    assert same(plain, [batch.to(torch.device("cpu")) for batch in there])
    pinned = list(Batches(kept, EpochBatches(24, batch_size=7, seed=3), pin=True))
    assert all(batch.images.is_pinned() for batch in pinned)
    assert same(plain, pinned)
