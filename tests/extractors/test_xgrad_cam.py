"""XGrad-CAM weights channels by gradients averaged where the channel is active."""

import pytest
import torch

from saliencekit.extractors import GradCAM, XGradCAM


@pytest.mark.parametrize("relu", [True, False])
def test_equal_to_the_literal_formula(relu, book):
    net, images, target, found = book
    expected = []
    for features, gradients in found:
        total = torch.zeros(features.shape[1:]).double()
        for channel, slope in zip(features, gradients, strict=True):
            reach = sum(channel.flatten().tolist())
            weight = sum(
                f / reach * g
                for f, g in zip(channel.flatten().tolist(), slope.flatten().tolist(), strict=True)
                if reach
            )
            total += weight * channel
        expected.append(total.relu() if relu else total)
    expected = torch.stack(expected)
    assert expected.abs().max() > 0
    extract = XGradCAM(net, relu=relu)
    for _ in range(2):
        torch.testing.assert_close(extract(images, target), expected, rtol=1e-10, atol=1e-12)
        assert extract.layer_name == "1"


@pytest.mark.parametrize("book", ["linear", "one logit"], indirect=True)
def test_behind_pooling_it_is_grad_cam(book):
    net, images, target, _ = book
    torch.testing.assert_close(XGradCAM(net)(images, target), GradCAM(net)(images, target))


@pytest.mark.parametrize("book", ["deep"], indirect=True)
def test_elsewhere_it_is_not(book):
    net, images, target, found = book
    maps = XGradCAM(net, relu=False)(images, target)
    assert not torch.allclose(maps, GradCAM(net, relu=False)(images, target), rtol=0.1)
    first_order = torch.stack([(features * gradients).sum() for features, gradients in found])
    torch.testing.assert_close(maps.sum((1, 2)), first_order)
