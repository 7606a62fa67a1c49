import multiprocessing
from types import SimpleNamespace

import pytest
import torch
from PIL import Image

from saliencekit.data import open_data
from saliencekit.errors import DataError, UsageError
from saliencekit.preprocessing import Preprocessing
from saliencekit.training import DetectorData, sharing
from saliencekit.training.augmentation import Augmentation

SOME = Augmentation(flip=0.5, crop=0.6, noise=0.1)


def attached(data, *, rank=0, world=1, overfit=0):
    """Give the data what it asks of Lightning's Trainer."""
    strategy = SimpleNamespace(root_device=torch.device("cpu"), broadcast=lambda word: word, barrier=lambda name: None)
    data.trainer = SimpleNamespace(
        global_rank=rank, local_rank=rank, world_size=world, strategy=strategy, overfit_batches=overfit
    )
    return data


def epochs(loader, count=2):
    out = []
    for epoch in range(count):
        loader.order.set_epoch(epoch)
        out += list(loader)
    return out


@pytest.mark.parametrize("how", [Augmentation(), SOME])
def test_every_cache_and_number_of_workers_gives_the_same_batches(squares, preprocessing, how):
    found = []
    for cache in ("none", "ram", "device"):
        for workers in (0, 2):
            data = DetectorData(
                squares, preprocessing, batch_size=5, seed=2, cache=cache, workers=workers, augmentation=how
            )
            found.append([*epochs(data.train_dataloader()), *data.val_dataloader()])
    assert len(found[0]) == 2 * 5 + 1
    for other in found[1:]:
        for one, another in zip(found[0], other, strict=True):
            assert all(a.dtype == b.dtype and torch.equal(a, b) for a, b in zip(one, another, strict=True))


def test_validation_is_not_augmented(squares, preprocessing):
    plain = list(DetectorData(squares, preprocessing).val_dataloader())
    changed = list(DetectorData(squares, preprocessing, augmentation=SOME).val_dataloader())
    assert all(torch.equal(a.images, b.images) for a, b in zip(plain, changed, strict=True))


def test_runs_share_what_was_read(squares, preprocessing):
    first = DetectorData(squares, preprocessing, seed=0)
    first.setup()
    second = first.for_run(batch_size=7, seed=3, augmentation=SOME)
    assert second.split("train") is first.split("train")
    batches = second.train_dataloader()
    assert len(next(iter(batches)).labels) == 7
    assert batches.order.seed == 3
    assert second.augmentation == SOME
    assert second.identities[0] == "train-00.png"


def test_validation_keeps_one_order(squares, preprocessing):
    batches = DetectorData(squares, preprocessing, batch_size=2).val_dataloader()
    first = [place for batch in batches for place in batch.places.tolist()]
    assert first == sorted(first) == [place for batch in batches for place in batch.places.tolist()]
    assert len(first) == 12


def test_batches_that_are_overfitted_stay_the_same(squares, preprocessing):
    data = attached(DetectorData(squares, preprocessing, batch_size=4), overfit=2)
    first, again = (next(iter(batch)).places.tolist() for batch in [data.train_dataloader()] * 2)
    assert first == again
    order = data.train_dataloader().order
    order.set_epoch(3)
    assert next(iter(order)).tolist() == [0, 1, 2, 3]


def test_two_processes_share_each_batch_and_one_copy(squares, preprocessing, tmp_path, monkeypatch):
    monkeypatch.setattr(sharing, "roomy_folder", lambda size: tmp_path)
    monkeypatch.setattr(sharing.secrets, "token_hex", lambda count: "meeting")
    monkeypatch.setattr(sharing.shutil, "rmtree", lambda folder, ignore_errors: None)
    first = attached(DetectorData(squares, preprocessing, batch_size=4), rank=0, world=2)
    second = attached(DetectorData(squares, preprocessing, batch_size=4), rank=1, world=2)
    first.setup()
    monkeypatch.setattr(sharing, "load_split", None)
    second.setup()
    first.split("train").kept.images[0] = 9
    assert (second.split("train").kept.images[0] == 9).all()
    whole = DetectorData(squares, preprocessing, batch_size=4)
    monkeypatch.undo()
    for both, one, other in zip(*(each.train_dataloader() for each in (whole, first, second)), strict=True):
        assert both.places[0::2].tolist() == one.places.tolist()
        assert both.places[1::2].tolist() == other.places.tolist()


def test_the_meeting_place_is_removed(squares, preprocessing, tmp_path, monkeypatch):
    monkeypatch.setattr(sharing, "roomy_folder", lambda size: tmp_path / "here")
    (tmp_path / "here").mkdir()
    attached(DetectorData(squares, preprocessing), rank=0, world=2).setup()
    (squares.parent / "train-00.png").unlink()
    with pytest.raises(DataError, match="1 of 24 images"):
        attached(DetectorData(squares, preprocessing, max_unreadable=0), rank=0, world=2).setup()
    assert list((tmp_path / "here").iterdir()) == []


def test_a_run_that_is_over_leaves_no_workers(squares, preprocessing):
    before = set(multiprocessing.active_children())
    data = DetectorData(squares, preprocessing, cache="none", workers=1)
    batches = data.train_dataloader()
    list(batches)
    assert len(set(multiprocessing.active_children()) - before) == 1
    data.teardown("fit")
    assert set(multiprocessing.active_children()) <= before


def test_human_maps_from_a_folder(squares, preprocessing, tmp_path):
    maps = tmp_path / "maps"
    maps.mkdir()
    for number in (0, 3):
        Image.radial_gradient("L").resize((32, 32)).save(maps / f"train-{number:02d}.png")
    text = squares.read_text()
    squares.write_text("\n".join(line.rsplit(",", 1)[0] for line in text.splitlines()))
    data = DetectorData(squares, preprocessing, human_maps=maps)
    assert data.split("train").has_map.nonzero().flatten().tolist() == [0, 3]


def test_the_cyborg_authors_layout_from_end_to_end(squares, preprocessing, tmp_path):
    folder = squares.parent
    rows = []
    for split, number, word in (("train", 24, "train"), ("val", 12, "test")):
        for each in range(number):
            kind = ("0_real", "1_fake")[each % 2]
            place = folder / split / "original_data" / kind
            place.mkdir(parents=True, exist_ok=True)
            (folder / f"{split}-{each:02d}.png").rename(place / f"{split}-{each:02d}.png")
            rows.append(
                f"{word},{('Real', 'Synthetic')[each % 2]},/{split}/original_data/{kind}/{split}-{each:02d}.png"
            )
    table = folder / "training.csv"
    table.write_text("\n".join(rows))
    maps = tmp_path / "human_maps"
    maps.mkdir()
    for path in folder.glob("train-*-map.png"):
        path.rename(maps / path.name.replace("-map", ""))
    data = DetectorData(table, preprocessing, human_maps=maps)
    assert data.counts == {"train": 24, "val": 12}
    assert torch.equal(data.split("train").has_map, data.split("train").labels == 1)
    assert not data.split("val").has_map.any()
    assert data.collection.classes == ("real", "fake")


def rewritten(manifest, change):
    lines = [change(line) for line in manifest.read_text().splitlines()]
    manifest.write_text("\n".join(line for line in lines if line) + "\n")
    return manifest


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda line: line.replace(",val,", ",test,"), "is in the split 'val': it has test, train"),
        (lambda line: line.replace(",val,", ",,").replace(",train,", ",,"), "'train': it has no splits at all"),
        (lambda line: "" if ",fake,val" in line else line, "'val' of .* is of the class 'fake'"),
        (lambda line: "" if ",real,train" in line else line, "'train' of .* is of the class 'real'"),
        (lambda line: line.replace(",real,", ",,").replace(",fake,", ",,"), "has no labels"),
    ],
)
def test_data_that_cannot_train_a_detector_is_refused(squares, preprocessing, change, message):
    data = DetectorData(rewritten(squares, change), preprocessing)
    with pytest.raises(DataError, match=message):
        data.setup()


@pytest.mark.parametrize("cache", ["ram", "none"])
def test_too_many_unreadable_images_stop(squares, preprocessing, cache):
    for number in (3, 8):
        (squares.parent / f"train-{number:02d}.png").unlink()
    with pytest.raises(DataError, match=r"2 of 24 images of the split 'train' .* the first is 'train-03.png'"):
        DetectorData(squares, preprocessing, cache=cache).setup()
    lenient = DetectorData(open_data(squares), preprocessing, cache=cache, max_unreadable=0.1)
    lenient.setup()
    assert [failure.image for failure in lenient.skipped] == ["train-03.png", "train-08.png"]
    assert lenient.counts == {"train": 22, "val": 12}
    places = sorted(place for batch in lenient.train_dataloader() for place in batch.places.tolist())
    assert len(places) == 22


def test_a_class_of_which_nothing_can_be_read(squares, preprocessing):
    for number in range(1, 12, 2):
        (squares.parent / f"val-{number:02d}.png").unlink()
    with pytest.raises(DataError, match=r"no image of the class 'fake' in the split 'val' of .* can be read"):
        DetectorData(squares, preprocessing, max_unreadable=1.0).setup()


def test_paths_out_of_the_folder_must_be_allowed(squares, preprocessing, tmp_path):
    manifest = tmp_path / "elsewhere" / "manifest.csv"
    manifest.parent.mkdir()
    rewritten(squares, lambda line: line)
    lines = squares.read_text().splitlines()
    whole = [",".join([str(squares.parent / row[0]), *row[1:3], ""]) for row in (line.split(",") for line in lines[1:])]
    manifest.write_text("\n".join([lines[0], *whole]))
    with pytest.raises(DataError, match="leads out of the folder"):
        DetectorData(manifest, preprocessing)
    assert DetectorData(manifest, preprocessing, allow_outside=True).counts == {"train": 24, "val": 12}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"batch_size": 0}, "`batch_size` to be at least 1, got 0"),
        ({"cache": "disk"}, "unknown cache 'disk': expected one of none, ram, device"),
    ],
)
def test_settings_that_make_no_sense(squares, preprocessing, settings, message):
    with pytest.raises(UsageError, match=message):
        DetectorData(squares, preprocessing, **settings)


def test_jpeg_of_four_channels(squares):
    four = Preprocessing(size=(32, 32), channels=4, mean=(0.5,) * 4, std=(0.5,) * 4)
    with pytest.raises(UsageError, match="the network takes 4: leave `jpeg` at 100"):
        DetectorData(squares, four, augmentation=Augmentation(jpeg=50))
