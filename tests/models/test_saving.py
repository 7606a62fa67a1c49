import copy
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from saliencekit.errors import EnvironmentFault, NumericalError, UsageError
from saliencekit.models import SmallCNN, build_model, load_model, model_info, save_model
from saliencekit.preprocessing import Preprocessing

ARCH = "saliencekit:small-cnn?width=2"
GREY = Preprocessing(size=(56, 56), channels=1, mean=(0.5,), std=(0.25,), source="checkpoint")


def _save(model: nn.Module, path: Path, **changed: object) -> Path:
    options: dict[str, object] = {"arch": ARCH, "classes": ("real", "fake"), "preprocessing": GREY, **changed}
    return save_model(model, path, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".ckpt", ".safetensors"])
def test_what_is_saved_is_loaded_whole(suffix: str, small: nn.Module, tmp_path: Path) -> None:
    training = {"recipe": "droid", "epochs": 3, "loss": [0.5, None], "nested": {"lr": 1e-3}}
    file = _save(small, tmp_path / f"model{suffix}", data="faces/manifest.csv", training=training)
    model = load_model(file)
    info = model_info(model)
    assert (info.arch, info.classes, info.num_classes) == (ARCH, ("real", "fake"), 2)
    assert info.preprocessing == GREY
    assert info.data == str(tmp_path.resolve() / "faces/manifest.csv")
    assert info.training == training
    assert info.format == f"saliencekit checkpoint ({suffix})"
    assert info.parameters == sum(p.numel() for p in small.parameters())
    assert not model.training
    images = torch.rand(2, 1, 56, 56)
    with torch.no_grad():
        assert torch.equal(model(images), small(images))


def test_the_file_is_plain(small: nn.Module, tmp_path: Path) -> None:
    content = torch.load(_save(small, tmp_path / "m.pt"), weights_only=True)
    assert set(content) == {
        *("format", "version", "arch", "classes", "preprocessing", "data", "training", "state_dict"),
    }
    assert content["format"] == "saliencekit"
    assert json.dumps({key: value for key, value in content.items() if key != "state_dict"})
    assert set(content["state_dict"]) == set(small.state_dict())


def test_the_same_record_in_both_forms(small: nn.Module, tmp_path: Path) -> None:
    from safetensors import safe_open

    plain = torch.load(_save(small, tmp_path / "m.pt"), weights_only=True)
    del plain["state_dict"]
    with safe_open(_save(small, tmp_path / "m.safetensors"), framework="pt") as stream:
        record = json.loads(stream.metadata()["saliencekit"])
    assert len(record.pop("digest")) == 64
    assert record == plain


def test_wrappers_and_modes_are_left_out_and_left_alone(small: nn.Module, tmp_path: Path) -> None:
    small.train()
    before = copy.deepcopy(small.state_dict())
    for number, wrapped in enumerate((nn.DataParallel(small), torch.compile(small))):
        file = _save(wrapped, tmp_path / f"{number}.pt")  # type: ignore[arg-type]
        assert torch.equal(load_model(file).head.weight, small.head.weight)
    assert small.training
    assert all(torch.equal(before[name], tensor) for name, tensor in small.state_dict().items())


def test_one_logit_has_two_names(tmp_path: Path) -> None:
    model = SmallCNN(num_classes=1, width=2)
    assert model_info(load_model(_save(model, tmp_path / "m.pt"))).classes == ("real", "fake")
    with pytest.raises(UsageError, match="expected 2 `classes` for a head of 1, got 3"):
        _save(model, tmp_path / "m.pt", classes=("a", "b", "c"))


def test_names_may_be_unknown(small: nn.Module, tmp_path: Path) -> None:
    info = model_info(load_model(_save(small, tmp_path / "m.pt", classes=(), preprocessing=None)))
    assert info.classes == ()
    assert info.preprocessing is None


def test_a_network_from_scratch_is_loaded_as_it_was_built(tmp_path: Path) -> None:
    """What is guessed for strangers' files (input scaled inside the network) must not be guessed for ours."""
    model = build_model("inception_v3?aux_logits=false", num_classes=2).eval()
    arch = model_info(model).arch
    loaded = load_model(save_model(model, tmp_path / "m.pt", arch=arch, classes=("a", "b"), preprocessing=None))
    assert model_info(loaded).arch == arch == "torchvision:inception_v3?aux_logits=false"
    assert loaded.transform_input is model.transform_input is False


def test_an_old_file_survives_a_failure_and_nothing_is_left_behind(small: nn.Module, tmp_path: Path) -> None:
    file = _save(small, tmp_path / "m.pt")
    before = file.read_bytes()
    with torch.no_grad():
        small.head.bias[0] = float("nan")
    with pytest.raises(NumericalError, match=r"the weight head.bias is not finite"):
        _save(small, file)
    assert file.read_bytes() == before
    assert os.listdir(tmp_path) == ["m.pt"]


def test_a_full_disk_is_the_environments_fault_and_leaves_the_old_file(tmp_path: Path) -> None:
    """A limit on the size of files stands for the full disk."""
    code = (
        "import resource, signal, sys, pathlib\n"
        "from saliencekit.errors import EnvironmentFault\n"
        "from saliencekit.models import SmallCNN, save_model\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "def save(width):\n"
        "    arch = f'saliencekit:small-cnn?width={width}'\n"
        "    save_model(SmallCNN(width=width), sys.argv[1], arch=arch, classes=(), preprocessing=None)\n"
        "save(1)\n"
        "before = pathlib.Path(sys.argv[1]).read_bytes()\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (30000, 30000))\n"
        "try: save(16)\n"
        "except EnvironmentFault as error: print(error)\n"
        "assert pathlib.Path(sys.argv[1]).read_bytes() == before\n"
    )
    file = tmp_path / "m.pt"
    done = subprocess.run([sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert f"cannot write {file}: File too large" in done.stdout
    assert os.listdir(tmp_path) == ["m.pt"]


@pytest.mark.parametrize(
    ("name", "changed", "message"),
    [
        ("m.onnx", {}, "expected a path ending in .pt, .pth, .ckpt, .safetensors"),
        ("m.pt", {"arch": "saliencekit:none"}, "unknown architecture"),
        ("m.pt", {"training": {"loss": float("inf")}}, "training record"),
        ("m.pt", {"classes": ("a",)}, "expected 2 `classes` for a head of 2, got 1"),
    ],
)
def test_what_cannot_be_written_down_is_refused(
    name: str, changed: dict[str, object], message: str, small: nn.Module, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=message):
        _save(small, tmp_path / name, **changed)
    assert os.listdir(tmp_path) == []


def test_a_folder_that_cannot_be_made_is_the_environments_fault(small: nn.Module, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(EnvironmentFault, match="cannot write"):
        _save(small, tmp_path / "file" / "m.pt")
