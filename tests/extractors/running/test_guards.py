"""Running a network leaves no trace on it, nor on what is global in torch, also after an exception."""

import copy
from contextlib import nullcontext

import pytest
import torch
from torch import nn

from saliencekit.extractors.running.guards import eager, outside_inference, untouched


def test_the_graph_of_the_caller_outlives_a_call(pair, images):
    extractor, net = pair
    net.train()
    extract = extractor(net)
    extract(images)
    torch.manual_seed(0)
    loss = net(images).square().sum()
    extract(images)
    with extract:
        net(images)
        extract.maps()
    loss.backward()
    found = net.stem.weight.grad.clone()
    fresh = copy.deepcopy(net)
    fresh.zero_grad()
    torch.manual_seed(0)
    fresh(images).square().sum().backward()
    torch.testing.assert_close(found, fresh.stem.weight.grad)


def test_autocast_trains_as_ever_after_a_call_in_its_block(pair, images):
    extractor, net = pair
    with torch.autocast("cpu", torch.bfloat16):
        extractor(net)(images)
        net(images).float().sum().backward()
    assert net.stem.weight.grad is not None
    assert net.stem.weight.grad.abs().max() > 0


def test_random_networks_draw_as_if_there_had_been_no_extractor(make_net, extractor, images):
    net = make_net(lambda net, x: net.fc((x * torch.rand_like(x)).mean((2, 3))))
    extract = extractor(net)
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first = extract(images)
    assert torch.equal(torch.rand(3), expected)
    torch.manual_seed(5)
    torch.testing.assert_close(extract(images), first)


def test_modules_in_train_mode_compute_on_copies_of_their_buffers():
    net = nn.Sequential(nn.BatchNorm1d(2), nn.BatchNorm1d(2).eval())
    own, other = net[0].running_mean, net[1].running_mean
    with untouched(net, torch.device("cpu")):
        assert net[0].running_mean is not own
        assert net[1].running_mean is other
        with torch.inference_mode():
            net(torch.randn(8, 2))
    with pytest.raises(ValueError, match="mine"), untouched(net, torch.device("cpu")):
        net(torch.randn(8, 2))
        raise ValueError("mine")
    assert net[0].running_mean is own
    assert own.tolist() == [0, 0]
    assert net[0].num_batches_tracked == 0


@pytest.mark.parametrize("recording", [True, False])
@pytest.mark.parametrize("inferring", [True, False])
def test_inference_mode_is_left_and_entered_again(recording, inferring):
    with torch.set_grad_enabled(recording), torch.inference_mode() if inferring else nullcontext():
        with outside_inference():
            assert not torch.is_inference_mode_enabled()
            assert torch.is_grad_enabled() == (recording and not inferring)
        assert torch.is_inference_mode_enabled() == inferring
        assert torch.is_grad_enabled() == (recording and not inferring)


def test_eager_only_where_something_is_compiled():
    net = nn.Sequential(nn.Linear(2, 2))
    assert isinstance(eager(net), nullcontext)
    net[0].compile(backend="eager")
    assert not isinstance(eager(net), nullcontext)
