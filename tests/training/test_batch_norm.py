import pytest
import torch
from torch import nn

from saliencekit.training.batch_norm import SharedStatistics


def test_layers_are_exchanged_in_place_and_back():
    model = nn.Sequential(nn.BatchNorm1d(2), nn.Sequential(nn.BatchNorm2d(2)), nn.BatchNorm3d(2), nn.GroupNorm(1, 2))
    inner, weights = model[1][0], model.state_dict()
    types = [type(module) for module in model.modules()]
    shared = SharedStatistics()
    assert shared.apply(model) is model
    assert model[1][0] is inner
    assert type(inner) is not nn.BatchNorm2d
    assert list(model.state_dict()) == list(weights)
    assert shared.revert(model) is model
    assert [type(module) for module in model.modules()] == types


def test_validation_uses_the_running_statistics():
    images = torch.randn(4, 3, 2, 2)
    model = nn.Sequential(nn.BatchNorm2d(3)).eval()
    expected = model(images)
    assert torch.equal(SharedStatistics().apply(model)(images), expected)


def test_norms_of_another_kind_are_left_alone():
    class Own(nn.BatchNorm2d):
        pass

    model = SharedStatistics().apply(nn.Sequential(Own(2)))
    assert type(model[0]) is Own


@pytest.mark.parametrize("arch", ["resnet18", "timm:resnet10t"])
def test_on_cuda_torchs_own_layers_are_used(arch):
    from saliencekit.models import build_model

    model = build_model(arch, num_classes=2)
    names = list(model.state_dict())
    shared = SharedStatistics(native=True)
    model = shared.apply(model)
    assert not any(type(module) is nn.BatchNorm2d for module in model.modules())
    assert any(isinstance(module, nn.SyncBatchNorm) for module in model.modules())
    assert list(model.state_dict()) == names
