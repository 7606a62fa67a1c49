import pytest
import torch
from torch import nn

from saliencekit.errors import ModelError
from saliencekit.models import ModelInfo, SmallCNN, build_model, model_info
from saliencekit.models.info import count_parameters, head_length, note_info, unwrapped


def test_noted_info_is_returned_also_through_wrappers() -> None:
    info = ModelInfo("resnet18", 2)
    model = note_info(SmallCNN(), info)
    assert model_info(model) is info
    assert model_info(nn.DataParallel(model)) is info
    assert model_info(torch.compile(model)) is info  # type: ignore[arg-type]
    assert unwrapped(nn.DataParallel(torch.compile(model))) is model  # type: ignore[arg-type]


def test_a_plain_network_tells_the_little_it_can() -> None:
    info = model_info(nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2)))
    assert info == ModelInfo(arch=None, num_classes=2, parameters=4 * 3 + 3 + 3 * 2 + 2)
    assert info.classes == ()
    assert info.preprocessing is None


def test_looking_leaves_no_note() -> None:
    model = nn.Linear(2, 2)
    model_info(model)
    assert not hasattr(model, "saliencekit_info")


def test_head_is_the_last_linear_layer_before_any_convolution() -> None:
    assert head_length(nn.Sequential(nn.Linear(2, 7), nn.Conv2d(1, 5, 1))) == 7
    assert head_length(build_model("squeezenet1_1", num_classes=6)) == 6


def test_a_network_without_a_head_is_refused() -> None:
    with pytest.raises(ModelError, match="classes of ReLU cannot be told"):
        model_info(nn.ReLU())


def test_a_shared_weight_counts_once() -> None:
    layer = nn.Linear(3, 3, bias=False)
    assert count_parameters(nn.Sequential(layer, layer)) == 9
