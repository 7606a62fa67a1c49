import pytest
import torch

from saliencekit.errors import EnvironmentFault, UsageError
from saliencekit.training import DetectorData
from saliencekit.training.device_cache import moved
from saliencekit.training.examples import Examples

META = torch.device("meta")


def test_what_is_kept_moves(squares, preprocessing):
    loaded = DetectorData(squares, preprocessing).split("train")
    assert {each.device.type for each in moved(loaded, "train", META)} == {"meta"}
    assert loaded.kept.images.device.type == "cpu"


def test_what_is_not_kept_cannot_move(squares, preprocessing):
    loaded = DetectorData(squares, preprocessing, cache="none").split("train")
    with pytest.raises(UsageError, match="the split 'train' is not kept in memory, so it cannot be moved to meta"):
        moved(loaded, "train", META)


def test_no_room_is_said(squares, preprocessing, monkeypatch):
    def full(*_):
        raise torch.OutOfMemoryError("CUDA out of memory")

    loaded = DetectorData(squares, preprocessing).split("val")
    monkeypatch.setattr(Examples, "to", full)
    with pytest.raises(EnvironmentFault, match=r"no room for 0\.00 GiB of images of the split 'val' on meta: use the"):
        moved(loaded, "val", META)
