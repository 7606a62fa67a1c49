"""Later forwards are hooked where the first one found what matters, and notice what has changed."""

import pytest
import torch
from torch import nn

from saliencekit.errors import ModelError
from saliencekit.extractors import GradCAM


def test_a_change_of_mode_is_noticed(pair, images):
    extractor, net = pair
    expected = extractor(net)(images, 1)
    extract = extractor(net)
    net.train()
    other = extract(images, 1)
    net.eval()
    assert torch.equal(extract(images, 1), expected)
    assert not torch.allclose(other, expected)


def test_user_hooks_stay_and_are_seen(extractor, make_net, images):
    net = make_net()
    handle = net.last.register_forward_hook(lambda _, __, out: out * 2)
    doubled = extractor(net)(images, 1)
    assert len(net.last._forward_hooks) == 1
    handle.remove()
    with torch.no_grad():
        net.last.weight.mul_(2)
        net.last.bias.mul_(2)
    torch.testing.assert_close(doubled, extractor(net)(images, 1))


def test_a_network_rebuilt_after_the_first_call(extractor, make_net, images):
    net = make_net()
    extract = extractor(net)
    extract(images)
    net.fc = nn.Linear(8, 5)
    with pytest.raises(
        ModelError, match=r"^the model no longer runs as when layer 'last' was found: make a new extractor"
    ):
        extract(images)
    assert extractor(net)(images, 4).shape == (4, 5, 6)


def test_only_the_places_found_are_hooked(make_net, images):
    for head, expected in (
        (lambda net, x: net.fc(x.mean((2, 3))), {"last", "fc"}),
        (lambda net, x: net.fc(x.relu().mean((2, 3))), {"last", "fc"}),
        (lambda net, x: net.fc(x.mean((2, 3)).tanh()), {"last"}),
    ):
        net = make_net(head)
        extract = GradCAM(net)
        extract(images)
        during = set()

        def look(*_, net=net, during=during):
            during.update(
                name for name, each in net.named_modules() if name and (each._forward_hooks or each._forward_pre_hooks)
            )

        net.register_forward_pre_hook(look)
        with extract:  # whose own hook comes after that one: look again from inside
            net.stem.register_forward_pre_hook(look)
            net(images)
        assert during - {"stem"} == expected


def test_a_layer_skipped_in_a_later_forward(make_net, images):
    net = make_net(lambda net, x: net.fc((net.extra(x) if net.on else x).mean((2, 3)).tanh()))
    net.extra, net.on = nn.Conv2d(8, 8, 1), True
    found, named = GradCAM(net), GradCAM(net, "extra")
    found(images), named(images)
    net.on = False
    with pytest.raises(ModelError, match=r"^the model no longer runs as when layer 'extra' was found"):
        found(images)
    with pytest.raises(ModelError, match=r"^layer 'extra' did not run when the model did"):
        named(images)
