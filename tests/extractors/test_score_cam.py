"""Score-CAM equals a loop over images and channels; its further forwards are bounded, unwatched and leave no trace."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from saliencekit.errors import ModelError, UsageError
from saliencekit.extractors import GradCAM, ScoreCAM
from saliencekit.extractors.running.capture import Capture, Plan


@torch.no_grad()
def literal(net, images, target, features):
    """The paper's algorithm 1: one mask at a time, with its black baseline."""
    maps = []
    for image, index, channels in zip(images, target.tolist(), features, strict=True):

        def logit(x, index=index):
            row = net(x[None])[0]
            return row[index] if len(row) > 1 else row[0] * (1 if index == 1 else -1)

        increases = []
        for channel in channels:
            mask = F.interpolate(channel[None, None], image.shape[1:], mode="bilinear", align_corners=False)[0, 0]
            span = mask.max() - mask.min()
            mask = (mask - mask.min()) / span if span > 0 else torch.zeros_like(mask)
            increases.append((logit(image * mask) - logit(torch.zeros_like(image))).exp())
        total = sum(increases)
        maps.append(sum(one / total * channel for one, channel in zip(increases, channels, strict=True)).relu())
    return torch.stack(maps)


@pytest.mark.parametrize("batch_size", [1, 4, 5, 100])
def test_equal_to_the_literal_algorithm(batch_size, book):
    net, images, target, found = book
    expected = literal(net, images, target, [features for features, _ in found])
    extract = ScoreCAM(net, batch_size=batch_size)
    for _ in range(2):
        torch.testing.assert_close(extract(images, target), expected, rtol=1e-10, atol=1e-12)
        assert extract.layer_name == "1"
    with extract:
        net(images)
        torch.testing.assert_close(extract.maps(target), expected, rtol=1e-10, atol=1e-12)
        torch.testing.assert_close(extract.maps(1)[1:], expected[1:], rtol=1e-10, atol=1e-12)
    spread = expected - torch.stack([features.mean(0) for features, _ in found])
    assert spread.abs().max() > 1e-4  # the weights are not all alike


def test_by_hand():
    """The logit of class 0 is the mean of channel 0, features are the image: masks are x / 4 and y / 2."""
    net = nn.Sequential(nn.LeakyReLU(1.0), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, 2, bias=False)).eval()
    with torch.no_grad():
        net[3].weight.copy_(torch.eye(2))
    grid = torch.tensor([[[[4.0, 0.0]], [[0.0, 2.0]]]])
    # masked by (1, 0): channel 0 is (4, 0), mean 2; by (0, 1): (0, 0), mean 0
    first = torch.tensor(2.0).exp() / (torch.tensor(2.0).exp() + 1)
    torch.testing.assert_close(ScoreCAM(net)(grid, 0), torch.stack([4 * first, 2 * (1 - first)])[None, None])


def test_no_more_masks_at_a_time_than_asked_for(make_net, images):
    net, sizes = make_net(), []
    net.register_forward_pre_hook(lambda _, args: sizes.append(len(args[0])))
    ScoreCAM(net, batch_size=7)(images)
    assert sizes[0] == 4
    assert sum(sizes[1:]) == 4 * 8
    assert max(sizes[1:]) <= 7
    assert min(sizes[1:]) >= 6


def test_what_is_not_an_image_follows_its_image(images):
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.fc = nn.Conv2d(3, 5, 3), nn.Linear(5, 2)

        def forward(self, scale, *, pixels, offset):
            return {"logits": self.fc((self.conv(pixels).relu() * scale[:, None, None, None]).mean((2, 3))) + offset}

    torch.manual_seed(0)
    net = Two().double().eval()
    images, scale, target = images.double(), torch.rand(4).double() + 1, torch.tensor([0, 1, 1, 0])
    features = net.conv(images).detach()
    expected = []
    for index in range(4):
        one = lambda x, index=index: net(scale[index : index + 1], pixels=x, offset=torch.ones(2))["logits"]  # noqa: E731
        expected.append(literal(one, images[index : index + 1], target[index : index + 1], features[index : index + 1]))
    with ScoreCAM(net, "conv", output="logits", batch_size=3) as extract:
        net(scale, pixels=images, offset=torch.ones(2))
        torch.testing.assert_close(extract.maps(target), torch.cat(expected))


def test_a_network_that_writes_into_its_images(images):
    torch.manual_seed(0)
    layers = nn.Conv2d(3, 5, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(5, 2)
    expected = ScoreCAM(nn.Sequential(nn.Hardtanh(-0.5, 0.5), *layers).eval())(images, 1)
    found = ScoreCAM(nn.Sequential(nn.Hardtanh(-0.5, 0.5, inplace=True), *layers).eval())(images.clone(), 1)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("context", [torch.enable_grad, torch.no_grad, torch.inference_mode])
def test_another_extractor_sees_nothing_of_the_further_forwards(context, make_net, images):
    net = make_net(lambda net, x: net.fc(x.mean((2, 3)).tanh()))
    expected = GradCAM(net)(images, 1), ScoreCAM(net)(images, 1)
    with context(), GradCAM(net) as grad, ScoreCAM(net) as score:
        for _ in range(2):
            logits = net(images)
            found = score.maps(1)
            torch.testing.assert_close(found, expected[1])
            torch.testing.assert_close(grad.maps(1).detach(), expected[0])
            assert logits.requires_grad == (context is torch.enable_grad)
            assert not found.requires_grad


@pytest.mark.parametrize("fault", [ValueError, KeyboardInterrupt])
@pytest.mark.parametrize("entered", [True, False])
def test_no_trace_after_a_fault_in_a_further_forward(fault, entered, make_net, images, seen):
    net = make_net().train()
    extract, calls = ScoreCAM(net, batch_size=5), []

    def fail_later(*_):
        calls.append(1)
        if len(calls) == 3:
            raise fault("in the third forward")

    handle = net.last.register_forward_hook(fail_later)
    if entered:
        with extract:
            net(images)
            before = seen(net)
            with pytest.raises(fault, match="in the third forward"):
                extract.maps()
            assert seen(net) == before
    else:
        before = seen(net)
        with pytest.raises(fault, match="in the third forward"):
            extract(images)
        assert seen(net) == before
    handle.remove()
    assert extract(images).isfinite().all()


def test_in_a_block_maps_leave_the_network_and_the_random_state_alone(make_net, images, seen):
    net = make_net(lambda net, x: net.fc(F.dropout(x.relu().mean((2, 3)), 0.5, net.training))).train()
    with ScoreCAM(net) as extract:
        logits = net(images)
        before = seen(net)
        extract.maps()
        assert seen(net) == before
        logits.sum().backward()
    assert net.stem.weight.grad.abs().max() > 0


def test_errors(make_net, images):
    with pytest.raises(UsageError, match=r"^expected `batch_size` of at least 1, got 0$"):
        ScoreCAM(make_net(), batch_size=0)
    features = torch.zeros(2, 3, 4, 4)
    capture = Capture(Plan("layer", "output", nn.Identity(), None), features, None, torch.zeros(2, 2))
    with pytest.raises(UsageError, match=r"^Score-CAM needs the images of the forward, which another extractor's"):
        ScoreCAM(make_net()).salience(capture, torch.tensor([0, 1]), keep_graph=False)

    class Embedded(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.fc = nn.Conv2d(1, 4, 1), nn.Linear(4, 2)

        def forward(self, x):
            return self.fc(self.conv(x[:, None]).mean((2, 3)))

    net = Embedded()
    with ScoreCAM(net) as extract:
        net(images[:, 0])
        with pytest.raises(
            ModelError, match=r"^expected the model to be given images of shape \(N, C, H, W\), found no"
        ):
            extract.maps()
