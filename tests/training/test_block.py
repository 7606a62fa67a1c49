import os
from pathlib import Path

import pytest
import torch

from saliencekit.data import open_data
from saliencekit.errors import EnvironmentFault
from saliencekit.training import block
from saliencekit.training.block import Block, reserved_block, roomy_folder
from saliencekit.training.examples import RowFiles


@pytest.fixture
def files(squares, preprocessing):
    return RowFiles(open_data(squares), preprocessing, split="train")


def test_images_lie_before_human_maps(tmp_path):
    (tmp_path / "block").write_bytes(bytes(range(2 * 3 + 2 * 2)))
    images, human_maps = Block(str(tmp_path / "block"), (2, 3, 1, 1), (2, 1, 2)).mapped()
    assert images[:, :, 0, 0].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert human_maps[:, 0].tolist() == [[6, 7], [8, 9]]
    assert images.dtype == torch.uint8


def test_two_maps_are_one_memory_which_outlives_the_name(files):
    with reserved_block(files) as found:
        one, other = found.mapped()[0], found.mapped()[0]
        assert Path(found.path).stat().st_size == files.size
    assert not Path(found.path).exists()
    one[3] = 7
    assert (other[3] == 7).all()
    assert (other[4] == 0).all()


def test_what_fails_inside_stays_what_it_is(files, tmp_path, monkeypatch):
    monkeypatch.setattr(block, "MEMORY_FOLDER", tmp_path)
    with pytest.raises(OSError, match="a camera is on fire") as told, reserved_block(files):
        raise OSError(5, "a camera is on fire")
    assert not isinstance(told.value, EnvironmentFault)
    assert [path for path in tmp_path.iterdir() if path.name.startswith("saliencekit")] == []


def test_no_room(files, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(EnvironmentFault, match=r"no room for 0\.00 GiB of images of the split 'train' in .*No space"):
        reserved_block(files, folder=tmp_path).__enter__()
    with pytest.raises(EnvironmentFault, match=r"no room for .*: No such file or directory; use the cache 'none'"):
        reserved_block(files, folder=tmp_path / "none").__enter__()


def test_the_folder_has_room(tmp_path, monkeypatch):
    monkeypatch.setattr(block, "MEMORY_FOLDER", tmp_path)
    assert roomy_folder(1) == tmp_path
    assert roomy_folder(10**18) != tmp_path
    monkeypatch.setattr(block, "MEMORY_FOLDER", Path("/no/such/folder"))
    assert roomy_folder(1).is_dir()
