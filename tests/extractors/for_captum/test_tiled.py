"""Tiled pooling is that pooling, and DeepLift sums up through it."""

import itertools

import pytest
import torch
from torch import nn

from saliencekit.extractors.captum_extractor import CaptumExtractor
from saliencekit.extractors.for_captum.tiled import Tiled, tile_poolings

SETTINGS = [
    (kernel, stride, padding, ceil)
    for kernel, stride, padding, ceil in itertools.product([2, 3, (3, 2), 5], [1, 2, (2, 1), 3], [0, 1], [False, True])
]


@pytest.mark.parametrize(("kernel", "stride", "padding", "ceil"), SETTINGS)
@pytest.mark.parametrize("size", [(7, 7), (8, 11)])
def test_values_and_gradients_are_the_poolings(kernel, stride, padding, ceil, size):
    pool = nn.MaxPool2d(kernel, stride, padding, ceil_mode=ceil)
    x = torch.randn(2, 3, *size, requires_grad=True)
    expected, found = pool(x), Tiled(pool)(x)
    assert torch.equal(found, expected)
    weights = torch.rand_like(expected)
    one, two = (torch.autograd.grad((each * weights).sum(), x)[0] for each in (expected, found))
    torch.testing.assert_close(one, two)


def test_only_what_overlaps_is_replaced():
    kept = [
        nn.MaxPool2d(2),
        nn.MaxPool2d(2, 3),
        nn.MaxPool2d(3, 1, dilation=2),
        nn.MaxPool2d(3, 1, return_indices=True),
    ]
    net = nn.Sequential(*kept, nn.Sequential(nn.MaxPool2d(3, 2)), nn.MaxPool2d((2, 3), 2))
    tile_poolings(net)
    assert list(net[:4]) == kept
    assert isinstance(net[4][0], Tiled)
    assert isinstance(net[5], Tiled)


@pytest.mark.parametrize("architecture", ["resnet18", "densenet121", "squeezenet1_1"])
def test_deep_lift_sums_up_on_real_architectures(architecture):
    import torchvision

    torch.manual_seed(0)
    net = getattr(torchvision.models, architecture)(num_classes=3).double().eval()
    images = torch.randn(2, 3, 64, 48).double()
    maps = CaptumExtractor(net, "DeepLift")(images, torch.tensor([0, 2]))
    difference = (net(images) - net(torch.zeros_like(images))).detach()
    torch.testing.assert_close(maps.sum((1, 2)), torch.stack([difference[0, 0], difference[1, 2]]))
