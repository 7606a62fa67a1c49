import subprocess
import sys

import pytest
import torch

from saliencekit.errors import InputError
from saliencekit.training.last_file import ResumePoint, WholeFiles, resume_point

STATE = {"state_dict": {"a": torch.ones(300, 300)}, "saliencekit": {"arch": "torchvision:resnet18"}}


def test_what_was_saved_is_read_again(tmp_path):
    WholeFiles().save_checkpoint(STATE, tmp_path / "last.ckpt")
    assert resume_point(tmp_path) == ResumePoint(tmp_path / "last.ckpt", "torchvision:resnet18")
    assert torch.equal(WholeFiles().load_checkpoint(tmp_path / "last.ckpt")["state_dict"]["a"], torch.ones(300, 300))


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "other"])
def test_a_damaged_checkpoint_is_said(tmp_path, damage):
    path = tmp_path / "last.ckpt"
    WholeFiles().save_checkpoint(STATE, path)
    content = bytearray(path.read_bytes())
    if damage == "flipped":
        content[len(content) // 2] ^= 16
    path.write_bytes({"cut": content[: len(content) // 2], "empty": b"", "other": b"text"}.get(damage, content))
    with pytest.raises(InputError, match=r"last.ckpt.*: the run cannot go on from it, but model.pt beside it"):
        resume_point(tmp_path)


def test_another_checkpoint_of_that_name_is_said(tmp_path):
    torch.save({"state_dict": {"a": torch.ones(2, 2)}}, tmp_path / "last.ckpt")
    with pytest.raises(InputError, match=r"last.ckpt was not written by this package"):
        resume_point(tmp_path)
    assert resume_point(tmp_path / "nowhere") is None


def test_a_full_disk_leaves_the_checkpoint_before(tmp_path):
    path = tmp_path / "last.ckpt"
    WholeFiles().save_checkpoint({"a": torch.ones(4)}, path)
    before = path.read_bytes()
    code = (
        "import resource, signal, sys, torch\n"
        "from saliencekit.training.last_file import WholeFiles\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "WholeFiles().save_checkpoint({'a': torch.ones(400_000)}, sys.argv[1])\n"
    )
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=False)
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith(f"saliencekit.errors.EnvironmentFault: cannot write {path}")
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["last.ckpt"]


def test_a_fault_of_our_own_is_not_taken_for_a_full_disk(tmp_path, monkeypatch):
    def broken(*_):
        raise RuntimeError("something else")

    monkeypatch.setattr(torch, "save", broken)
    with pytest.raises(RuntimeError, match=r"^something else$"):
        WholeFiles().save_checkpoint({}, tmp_path / "last.ckpt")
