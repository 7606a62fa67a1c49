from pathlib import Path

import pytest
import torch
from torch import nn

from saliencekit.errors import EnvironmentFault, ModelError, UsageError
from saliencekit.models import SmallCNN, build_model, model_info
from saliencekit.models.build import torchvision_names


def test_plain_names_are_torchvisions() -> None:
    model = build_model("resnet18", num_classes=3)
    assert type(model).__module__ == "torchvision.models.resnet"
    assert model.fc.out_features == 3
    info = model_info(model)
    assert (info.arch, info.num_classes) == ("torchvision:resnet18", 3)
    assert info.parameters == sum(p.numel() for p in model.parameters())


def test_own_networks_take_options() -> None:
    model = build_model("saliencekit:small-cnn?width=3", num_classes=1, in_channels=3)
    assert isinstance(model, SmallCNN)
    assert model(torch.zeros(2, 3, 16, 16)).shape == (2, 1)
    assert model_info(model).arch == "saliencekit:small-cnn?in_channels=3&width=3"


@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v3_small", "vit_b_32"])
def test_image_channels_change_the_first_convolution_only(name: str) -> None:
    three, one = build_model(name, num_classes=2), build_model(name, num_classes=2, in_channels=1)
    shapes = [{key: tuple(value.shape) for key, value in model.state_dict().items()} for model in (three, one)]
    changed = [key for key in shapes[0] if shapes[0][key] != shapes[1][key]]
    assert len(changed) == 1
    assert shapes[1][changed[0]][1] == 1
    assert one.eval()(torch.zeros(1, 1, 224, 224)).shape == (1, 2)


def test_timm_is_built_without_weights() -> None:
    model = build_model("timm:resnet10t", num_classes=4, in_channels=1)
    assert model.eval()(torch.zeros(1, 1, 64, 64)).shape == (1, 4)


def test_a_seed_of_the_caller_decides_the_weights() -> None:
    drawn = []
    for _ in range(2):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(3)
            drawn.append(build_model("saliencekit:small-cnn").head.weight)
    assert torch.equal(drawn[0], drawn[1])


def test_callables_get_num_classes_if_they_take_it() -> None:
    assert build_model("torchvision.models:resnet18", num_classes=3).fc.out_features == 3
    fixed = build_model("torch.nn:Linear?in_features=3&out_features=2", num_classes=9)
    assert isinstance(fixed, nn.Linear)
    assert model_info(fixed).num_classes == 2


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("resnet19", "unknown torchvision architecture 'resnet19'.*did you mean 'resnet1[08]'"),
        ("timm:resnet19x", "unknown timm architecture"),
        ("resnet18?weights=DEFAULT", "option 'weights' cannot be part"),
        ("timm:resnet10t?checkpoint_path=x.pth", "option 'checkpoint_path' cannot be part"),
        ("resnet18?no_such=3", "cannot be built"),
        ("saliencekit:small-cnn?depth=3", "cannot be built"),
        ("resnet18?in_channels=0", "`in_channels` of at least 1, got 0"),
    ],
)
def test_what_cannot_be_built_is_said(spec: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        build_model(spec)


def test_no_classes_are_refused() -> None:
    with pytest.raises(UsageError, match="`num_classes` of at least 1, got 0"):
        build_model("resnet18", num_classes=0)


def test_callables_that_fail_or_return_no_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "user_networks.py").write_text("def none(): return 3\ndef bad(): raise KeyError('w')\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelError, match=r"expected user_networks:none to return a torch.nn.Module, got int"):
        build_model("user_networks:none")
    with pytest.raises(ModelError, match="building user_networks:bad failed with KeyError: 'w'"):
        build_model("user_networks:bad")


def test_without_timm_the_way_out_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "timm", None)
    with pytest.raises(EnvironmentFault, match="needs the package timm: pip install"):
        build_model("timm:resnet18")


def test_names_hold_no_quantised_or_other_tasks() -> None:
    names = torchvision_names()
    assert {"resnet50", "densenet121", "vit_b_16"} <= set(names)
    assert not any("quantized" in name or "fcn" in name or "rcnn" in name for name in names)
    assert names == sorted(names)
