import os

import pytest
import torch
from PIL import Image

from saliencekit.data import open_data
from saliencekit.training import block
from saliencekit.training.caching import load_split
from saliencekit.training.examples import RowFiles


@pytest.fixture
def files(squares, preprocessing):
    return RowFiles(open_data(squares), preprocessing, split="train")


@pytest.fixture
def only_here(tmp_path, monkeypatch):
    """Have pixels kept in a folder of the test's own."""
    folder = tmp_path / "memory"
    folder.mkdir()
    monkeypatch.setattr(block, "MEMORY_FOLDER", folder)
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


@pytest.mark.parametrize("workers", [0, 2])
def test_pixels_are_kept_as_they_are_read(files, workers, only_here):
    loaded = load_split(files, keep=True, workers=workers)
    assert loaded.skipped == loaded.maps_skipped == ()
    kept = loaded.kept
    assert kept.images.shape == (24, 1, 32, 32)
    assert kept.images.dtype == kept.human_maps.dtype == torch.uint8
    for row in range(24):
        read = files.read(row)
        assert torch.equal(kept.images[row], read.pixels)
        assert bool(kept.has_map[row]) == (read.human_map is not None)
        assert torch.equal(kept.human_maps[row], read.human_map if kept.has_map[row] else torch.zeros(32, 32))
    assert torch.equal(kept.places, files.places)
    assert torch.equal(kept.labels, files.labels)
    assert list(only_here.iterdir()) == []  # the name is gone, the memory is not


def test_a_look_without_keeping_finds_the_same(files):
    (kept, looked) = (load_split(files, keep=keep, workers=0) for keep in (True, False))
    assert looked.kept is None
    for name in ("rows", "places", "labels", "has_map"):
        assert torch.equal(getattr(kept, name), getattr(looked, name))


@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize("workers", [0, 1])
def test_what_cannot_be_used_is_named_and_leaves_no_gap(squares, preprocessing, keep, workers):
    folder = squares.parent
    for number in (0, 4, 23):
        (folder / f"train-{number:02d}.png").write_bytes(b"no image")
    (folder / "train-03-map.png").unlink()
    Image.new("L", (32, 32), 7).save(folder / "train-05-map.png")
    files = RowFiles(open_data(squares), preprocessing, split="train")
    loaded = load_split(files, keep=keep, workers=workers)
    assert [failure.image for failure in loaded.skipped] == ["train-00.png", "train-04.png", "train-23.png"]
    assert [failure.image for failure in loaded.maps_skipped] == ["train-03.png", "train-05.png"]
    assert "all one value" in loaded.maps_skipped[1].reason
    assert loaded.rows.tolist() == [row for row in range(24) if row not in (0, 4, 23)]
    assert int(loaded.has_map.sum()) == 12 - 1 - 2
    if keep:
        assert len(loaded.kept.images) == 21
        for at, row in enumerate(loaded.rows.tolist()):
            assert torch.equal(loaded.kept.images[at], files.read(row).pixels)


def test_no_maps_cost_no_memory(tmp_path, write_squares, preprocessing):
    files = RowFiles(open_data(write_squares(tmp_path, maps=False)), preprocessing, split="train")
    kept = load_split(files, keep=True).kept
    assert kept.human_maps.shape == (24, 1, 1)
    assert not kept.has_map.any()


def test_other_processes_see_what_is_written(files, tmp_path):
    loaded = load_split(files, keep=True, folder=tmp_path)
    process = os.fork()
    if process == 0:
        loaded.kept.images[3] = 77
        os._exit(0)
    os.waitpid(process, 0)
    assert (loaded.kept.images[3] == 77).all()


def test_the_file_keeps_its_name_where_others_need_it(files, tmp_path):
    loaded = load_split(files, keep=True, folder=tmp_path)
    (file,) = tmp_path.glob("saliencekit-*-train")
    assert str(file) == loaded.seen.block.path
    assert file.stat().st_size == files.size
    assert torch.equal(loaded.seen.block.mapped()[0], loaded.kept.images)


def test_nothing_is_left_after_an_interrupt(files, only_here, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(RowFiles, "read", interrupted)
    with pytest.raises(KeyboardInterrupt):
        load_split(files, keep=True, workers=0)
    assert list(only_here.iterdir()) == []
