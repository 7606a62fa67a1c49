import multiprocessing
import os
import threading

import pytest
import torch

from saliencekit.data import open_data
from saliencekit.errors import DataError, EnvironmentFault
from saliencekit.training import sharing
from saliencekit.training.examples import RowFiles
from saliencekit.training.sharing import follow, lead


@pytest.fixture
def files(squares, preprocessing):
    (squares.parent / "train-04.png").write_bytes(b"no image")
    (squares.parent / "train-03-map.png").unlink()
    return RowFiles(open_data(squares), preprocessing, split="train")


def same(one, other):
    assert (one.skipped, one.maps_skipped) == (other.skipped, other.maps_skipped)
    return all(
        torch.equal(getattr(one, name), getattr(other, name)) for name in ("rows", "places", "labels", "has_map")
    )


@pytest.mark.parametrize("keep", [True, False])
def test_who_follows_has_what_the_leader_read(files, tmp_path, keep, monkeypatch):
    led = lead(files, keep=keep, workers=0, folder=tmp_path / "meeting")
    monkeypatch.setattr(RowFiles, "read", None)  # nothing is read again
    followed = follow(files, folder=tmp_path / "meeting")
    assert same(led, followed)
    assert (followed.kept is None) == (not keep)
    if keep:
        assert all(torch.equal(a, b) for a, b in zip(led.kept, followed.kept, strict=True))
        led.kept.images[0] = 99
        assert (followed.kept.images[0] == 99).all()  # one copy


def test_who_follows_waits(files, tmp_path):
    found = []
    waiting = threading.Thread(target=lambda: found.append(follow(files, folder=tmp_path / "meeting")))
    waiting.start()
    waiting.join(0.2)
    assert waiting.is_alive()
    led = lead(files, keep=True, workers=0, folder=tmp_path / "meeting")
    waiting.join(10)
    assert same(led, found[0])


def test_the_leader_s_error_is_everybody_s(files, tmp_path, monkeypatch):
    def failing(*_, **__):
        raise EnvironmentFault("no room")

    monkeypatch.setattr(sharing, "load_split", failing)
    with pytest.raises(EnvironmentFault, match="no room"):
        lead(files, keep=True, workers=0, folder=tmp_path)
    with pytest.raises(EnvironmentFault, match="no room"):
        follow(files, folder=tmp_path)


def test_a_leader_that_has_ended(files, tmp_path):
    process = multiprocessing.get_context("fork").Process(target=os._exit, args=(1,))
    process.start()
    number = process.pid
    process.join()
    (tmp_path / "leader.json").write_text(str(number))
    with pytest.raises(EnvironmentFault, match="the process that reads the images for all has ended"):
        follow(files, folder=tmp_path)


def test_errors_come_back_as_what_they_are(files, tmp_path):
    (tmp_path / "train.json").write_text('{"error": "DataError", "sentence": "it is empty"}')
    with pytest.raises(DataError, match="it is empty"):
        follow(files, folder=tmp_path)
