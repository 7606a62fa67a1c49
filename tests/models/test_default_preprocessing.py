import sys

import pytest

from saliencekit.models import default_preprocessing
from saliencekit.models.build import torchvision_names


@pytest.mark.parametrize("name", torchvision_names())
def test_every_classifier_of_torchvision_has_one_from_its_metadata(name: str) -> None:
    wanted = default_preprocessing(f"torchvision:{name}")
    assert wanted.source.startswith("torchvision weights metadata")
    assert wanted.channels == 3
    assert wanted.resize_to is not None
    assert wanted.resize_to >= wanted.size[0] >= 224


def test_ours_have_their_own() -> None:
    assert default_preprocessing("saliencekit:small-cnn").size == (56, 56)
    assert default_preprocessing("saliencekit:small-cnn?in_channels=3").channels == 3
    assert default_preprocessing("saliencekit:efficientnet-lite0").mean == (127 / 255,) * 3


def test_timms_configuration_is_taken() -> None:
    wanted = default_preprocessing("timm:tf_efficientnet_lite0")
    assert (wanted.mean, wanted.interpolation, wanted.resize_to) == ((0.5, 0.5, 0.5), "bicubic", 256)
    grey = default_preprocessing("timm:resnet18?in_channels=1")
    assert grey.channels == len(grey.mean) == 1


def test_without_timm_and_for_strangers_it_is_assumed(monkeypatch: pytest.MonkeyPatch) -> None:
    for arch in (None, "mine:Net", "timm:no_such_network"):
        assert default_preprocessing(arch).source == "assumed: ImageNet, 224x224"
    monkeypatch.setitem(sys.modules, "timm", None)
    assert default_preprocessing("timm:resnet18?in_channels=1").channels == 1
