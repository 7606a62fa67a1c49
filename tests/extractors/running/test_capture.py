"""What a forward left: gradients once or twice, features that can be saved."""

import pytest
import torch
from torch import nn

from saliencekit.errors import ModelError
from saliencekit.extractors.finding.head import Head
from saliencekit.extractors.finding.layouts import CHANNELS_LAST
from saliencekit.extractors.running.capture import Capture, Plan
from saliencekit.functional.logits import class_logit


def plan(**settings):
    return Plan("layer", "output", nn.Identity(), None, **settings)


def test_gradients_of_each_images_own_class():
    features = torch.ones(2, 1, 2, 2, requires_grad=True)
    logits = torch.stack((features.sum((1, 2, 3)), features.square().sum((1, 2, 3)) * 5), 1)
    capture = Capture(plan(), features, features, logits)
    gradients = capture.gradients(torch.tensor([0, 1]), keep_graph=True).detach()
    assert gradients[0].unique().tolist() == [1]
    assert gradients[1].unique().tolist() == [10]
    with torch.no_grad():
        assert not capture.gradients(torch.tensor([0, 1]), keep_graph=True).requires_grad
    assert capture.gradients(torch.tensor([1, 1]), keep_graph=True).requires_grad


def test_one_logit():
    features = torch.ones(2, 1, 1, 1, requires_grad=True)
    capture = Capture(plan(), features, features, features.flatten(1) * 3)
    assert capture.gradients(torch.tensor([0, 1]), keep_graph=False).flatten().tolist() == [-3, 3]


def test_channels_last():
    features = torch.rand(2, 3, 4, 5, requires_grad=True)
    capture = Capture(plan(layout=CHANNELS_LAST), features, features, features.sum((1, 2)))
    assert capture.features.shape == capture.gradients(torch.tensor([0, 1]), keep_graph=False).shape == (2, 5, 3, 4)


def test_no_way_from_logits_to_features():
    features = torch.ones(2, 1, 1, 1, requires_grad=True)
    for logits in (torch.zeros(2, 2), torch.zeros(2, 2, requires_grad=True)):
        with pytest.raises(ModelError, match=r"^the gradient of the logits does not reach layer 'layer': "):
            Capture(plan(), features, features, logits).gradients(torch.tensor([0, 1]), keep_graph=False)


def test_features_of_inference_mode_are_copied_where_gradients_are_recorded():
    with torch.inference_mode():
        features = torch.ones(1, 1, 2, 2)
    capture = Capture(plan(), features, None, torch.zeros(1, 2))
    assert not capture.features.is_inference()
    with torch.no_grad():
        assert capture.features is features


def test_closed_forms():
    linear = nn.Linear(2, 2)
    assert not plan().closed
    for link, closed in (("linear", True), ("rectified", True), ("other", False)):
        assert Plan("layer", "output", linear, Head(linear, link)).closed == closed


@pytest.mark.parametrize("link", ["linear", "rectified"])
@pytest.mark.parametrize("classes", [1, 3])
def test_closed_gradients_are_those_of_a_backward(link, classes):
    torch.manual_seed(4)
    conv, target = nn.Conv2d(5, classes, 1), torch.tensor([0, 1, 1, 0])
    features = torch.randn(4, 5, 3, 4, requires_grad=True)
    maps = conv(features)
    assert 0 < (maps > 0).float().mean() < 1
    logits = (maps.relu() if link == "rectified" else maps).mean((2, 3))
    score = class_logit(logits, target).sum()
    expected = torch.autograd.grad(score, features)[0]
    closed = Plan("layer", "output", conv, Head(conv, link))
    for kept in (features.detach(), features):  # no graph is needed
        found = Capture(closed, kept, None, logits.detach()).gradients(target, keep_graph=False)
        torch.testing.assert_close(found, expected)
    assert torch.autograd.grad(found.square().sum(), conv.weight)[0].abs().max() > 0
    with torch.no_grad():
        assert not Capture(closed, features, None, logits).gradients(target, keep_graph=False).requires_grad
