"""Grad-CAM++ equals the paper's sum over cells, with its whole denominator, on every kind of head."""

import pytest
import torch
from torch import nn

from saliencekit.extractors import GradCAM, GradCAMPlusPlus


@pytest.mark.parametrize("relu", [True, False])
def test_equal_to_the_literal_formula(relu, book):
    net, images, target, found = book
    expected = []
    for features, gradients in found:
        total = torch.zeros(features.shape[1:]).double()
        for channel, slope in zip(features, gradients, strict=True):
            reach, weight = sum(channel.flatten().tolist()), 0.0
            for g in slope.flatten().tolist():
                denominator = 2 * g**2 + reach * g**3
                weight += (g**2 / denominator if denominator else 0.0) * max(g, 0.0)
            total += weight * channel
        expected.append(total.relu() if relu else total)
    expected = torch.stack(expected)
    assert expected.abs().max() > 0
    extract = GradCAMPlusPlus(net, relu=relu)
    for _ in range(2):  # traced, then hooked
        torch.testing.assert_close(extract(images, target), expected, rtol=1e-10, atol=1e-12)
        assert extract.layer_name == "1"
    torch.testing.assert_close(GradCAMPlusPlus(net, "1", relu=relu)(images, target), expected, rtol=1e-10, atol=1e-12)


def test_by_hand():
    net = nn.Sequential(nn.LeakyReLU(1.0), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, 2)).eval()
    with torch.no_grad():
        net[3].weight.copy_(torch.tensor([[8.0, -8.0], [4.0, 2.0]]))
    grid = torch.tensor([[[[1.0, 0.0], [3.0, 0.0]], [[0.0, 2.0], [1.0, 1.0]]]])
    # gradients 1 and .5 in each of four cells; channels sum to 4: 4 / (2 + 4) and 4 * .5 / (2 + 2)
    torch.testing.assert_close(
        GradCAMPlusPlus(net)(grid, 1), torch.tensor([[[2 / 3, 1.0], [2 + 1 / 2, 1 / 2]]]), rtol=1e-6, atol=0
    )
    assert not torch.allclose(GradCAMPlusPlus(net)(grid, 1), GradCAM(net)(grid, 1))
