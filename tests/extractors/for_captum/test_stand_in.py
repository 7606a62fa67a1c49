import pytest
import torch
from torch import nn

from saliencekit.errors import ModelError
from saliencekit.extractors.for_captum.stand_in import stand_in


def test_weights_are_shared_and_buffers_are_not(make_net):
    net = make_net()
    other = stand_in(net)
    for (name, one), two in zip(net.named_parameters(), other.parameters(), strict=True):
        assert one.data_ptr() == two.data_ptr(), name
        assert one.requires_grad
        assert not two.requires_grad
    assert net.norm.running_mean.data_ptr() != other.norm.running_mean.data_ptr()
    assert stand_in(net, own_weights=True).fc.weight.data_ptr() != net.fc.weight.data_ptr()


def test_an_update_of_the_weights_is_seen(make_net, images):
    net = make_net()
    other = stand_in(net)
    with torch.no_grad():
        net.fc.weight.mul_(2)
    torch.testing.assert_close(other(images), net(images))


def test_tied_weights_stay_tied():
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    net[1].weight = net[0].weight
    other = stand_in(net)
    assert other[0].weight is other[1].weight


def test_hooks_on_forwards_are_kept_and_on_gradients_left_out(make_net, images):
    net, calls = make_net(), []
    net.last.register_forward_hook(lambda *_: calls.append("forward"))
    net.last.register_full_backward_hook(lambda *_: calls.append("backward"))
    net.fc.register_full_backward_pre_hook(lambda *_: calls.append("backward"))
    stand_in(net)(images.requires_grad_()).sum().backward()
    assert calls == ["forward"]
    assert net.fc.weight.grad is None


def test_hooks_are_the_same_objects():
    class Recorder:
        def __init__(self):
            self.count = 0

        def see(self, *_):
            self.count += 1

    net, recorder = nn.Linear(2, 2), Recorder()
    net.register_forward_hook(recorder.see)
    stand_in(net)(torch.ones(1, 2))
    assert recorder.count == 1


def test_weights_of_inference_mode_can_be_differentiated_through():
    with torch.inference_mode():
        net = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1))
    x = torch.ones(1, 2, requires_grad=True)
    stand_in(net)(x).sum().backward()
    assert x.grad is not None


def test_what_cannot_be_copied():
    net = nn.Linear(2, 2)
    net.generator = (each for each in ())
    with pytest.raises(ModelError, match=r"^captum is given a copy of the model, and this one cannot be copied: "):
        stand_in(net)
