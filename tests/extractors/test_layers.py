"""The layers that give maps are listed, and the one explained is marked."""

import pytest
import torch
from torch import nn

from saliencekit.errors import ModelError
from saliencekit.extractors import CAM, GradCAM, Layer, candidate_layers, find_layer, linear_head


def test_candidates_in_order_with_shapes(make_net, images):
    assert candidate_layers(make_net(), images) == (
        Layer("stem", (4, 5, 9, 11), chosen=False),
        Layer("norm", (4, 5, 9, 11), chosen=False),
        Layer("act", (4, 5, 9, 11), chosen=False),
        Layer("last", (4, 8, 5, 6), chosen=True),
    )


def test_the_choice_is_what_extractors_explain(net, images):
    extract = GradCAM(net)
    extract(images)
    assert find_layer(net, images) == extract.layer_name == "last"
    assert [each.name for each in candidate_layers(net, images) if each.chosen] == ["last"]


def test_looking_leaves_no_trace(net, images, seen):
    for training in (False, True):
        net.train(training)
        before = seen(net)
        candidate_layers(net, images)
        linear_head(net, images)
        assert seen(net) == before


def test_the_linear_head(make_net, images):
    linear, deep = make_net(), make_net(lambda net, x: net.fc(x.mean((2, 3)).tanh()))
    assert linear_head(linear, images) is linear.fc
    assert linear_head(deep, images) is None
    assert linear_head(linear, images, "last") is None  # the head pools relu(last)
    assert linear_head(make_net(lambda net, x: net.fc(x.mean((2, 3)))), images, "last") is not None


def test_a_convolution_before_pooling_is_a_head_and_not_the_layer(images):
    net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.Conv2d(8, 2, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    assert linear_head(net, images) is net[1]
    assert [each.name for each in candidate_layers(net, images) if each.chosen] == ["0"]


def test_outputs_and_errors(make_net, images):
    pair = make_net(lambda net, x: (x.mean((2, 3)), net.fc(x.mean((2, 3)))))
    assert find_layer(pair, images, output=1) == "last"
    with pytest.raises(ModelError, match=r"^the model has no spatial layer"):
        candidate_layers(nn.Sequential(nn.Flatten(), nn.Linear(3 * 9 * 11, 2)), images)


@pytest.mark.parametrize(
    ("name", "layer", "cam"),
    [
        ("mnasnet0_5", "layers", True),
        ("shufflenet_v2_x0_5", "conv5", True),
        ("inception_v3", "Mixed_7c", True),
        ("swin_t", "permute", True),
        ("alexnet", "features", False),
    ],
)
def test_torchvision_networks_beside_those_compared_with_captum(name, layer, cam):
    from torchvision.models import get_model

    settings = {"init_weights": False} if name == "inception_v3" else {}
    net = get_model(name, weights=None, num_classes=3, **settings).eval()
    images = torch.rand(1, 3, 96, 128)
    extract = (CAM if cam else GradCAM)(net)
    assert extract(images).dim() == 3
    assert extract.layer_name == layer
    assert (linear_head(net, images) is not None) == cam
