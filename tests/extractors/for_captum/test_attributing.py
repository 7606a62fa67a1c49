"""Attributions of a copy of the network: their values, their shape, and what is refused."""

import pytest
import torch
from torch import nn

from saliencekit.errors import ModelError
from saliencekit.extractors.for_captum.attributing import attribute
from saliencekit.extractors.for_captum.scored import Scored


def attributed(method, net, images, target, **more):
    return attribute(method, Scored(net), images, target, **{"layer": None, "settings": {}, "seed": 0, **more})


def test_by_hand():
    net = nn.Sequential(nn.Flatten(), nn.Linear(4, 2, bias=False))
    net[1].weight.data = torch.tensor([[1.0, -2, 3, -4], [5, 6, 7, 8]])
    images = torch.full((2, 1, 2, 2), 2.0)
    found = attributed("InputXGradient", net, images, torch.tensor([0, 1]))
    assert found.tolist() == [[[[2, -4], [6, -8]]], [[[10, 12], [14, 16]]]]
    assert not found.requires_grad


def test_what_is_drawn_is_drawn_for_each_image_alone():
    net = nn.Sequential(nn.Conv2d(1, 3, 2), nn.Tanh(), nn.Flatten(), nn.Linear(12, 2))
    images, target = torch.rand(3, 1, 3, 3), torch.tensor([0, 1, 0])
    whole = attributed("GradientShap", net, images, target, settings={"n_samples": 2})
    for number in range(3):
        one = slice(number, number + 1)
        alone = attributed("GradientShap", net, images[one], target[one], settings={"n_samples": 2})
        torch.testing.assert_close(alone, whole[one])
    assert not torch.allclose(attributed("GradientShap", net, images, target, seed=1), whole)


def test_a_layer_used_twice_is_refused():
    act = nn.ReLU()
    net = nn.Sequential(nn.Conv2d(1, 2, 1), act, nn.Conv2d(2, 2, 1), act, nn.Flatten(), nn.Linear(18, 2))
    with pytest.raises(ModelError, match=r"^layer '1' is used 2 times in a forward: choose one used once$"):
        attributed("GuidedGradCam", net, torch.rand(1, 1, 3, 3), torch.tensor([0]), layer="1")


def test_a_refusal_of_captum_is_one_sentence():
    net = nn.Sequential(nn.Conv2d(1, 2, 1), nn.SiLU(), nn.Flatten(), nn.Linear(18, 2))
    with pytest.raises(
        ModelError, match=r"^captum's LRP cannot explain this model with these settings: Module"
    ) as caught:
        attributed("LRP", net, torch.rand(1, 1, 3, 3), torch.tensor([0]))
    assert ". " not in str(caught.value)
