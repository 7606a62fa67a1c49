"""Running a network leaves no trace on it, nor on what is global in torch, also after an exception."""

import copy
import gc
import io
import weakref
from contextlib import nullcontext

import pytest
import torch
from torch import nn

from saliencekit.extractors.running.guards import eager, outside_inference, untouched


@pytest.mark.parametrize("mode", ["eval", "train", "mixed", "frozen"])
def test_no_trace(context, mode, pair, images, seen):
    extractor, net = pair
    net.train(mode in ("train", "mixed"))
    if mode == "mixed":
        net.norm.eval()
        net.stem.weight.requires_grad_(False)
    if mode == "frozen":
        net.requires_grad_(False)
    else:
        net(images).sum().backward()
    version, extract = images._version, extractor(net)
    with context():
        before = seen(net)
        for _ in range(3):
            extract(images)
            assert seen(net) == before
    assert images._version == version
    assert not images.requires_grad
    assert all(not each.requires_grad for each in (extract(images), extract.logits))


@pytest.mark.parametrize("mode", ["eval", "train"])
@pytest.mark.parametrize("place", ["stem", "last", "fc"])
@pytest.mark.parametrize("fault", [ValueError, KeyboardInterrupt])
@pytest.mark.parametrize("context", [torch.enable_grad, torch.inference_mode])
def test_no_trace_after_an_exception_in_the_model(context, fault, place, mode, pair, images, seen):
    extractor, net = pair
    net.train(mode == "train")

    def fail(*_):
        raise fault("in the model")

    extract = extractor(net)
    for traced in (True, False):
        handle = net.get_submodule(place).register_forward_hook(fail)
        with context():
            before = seen(net)
            with pytest.raises(fault, match="in the model"):
                extract(images)
            assert seen(net) == before
            with pytest.raises(fault, match="in the model"), extract:
                net(images)
            own = {"state": 0, "buffers": 0, "random": 0}  # what the caller's own forward changes
            assert {**seen(net), **own} == {**before, **own}
        handle.remove()
        if traced:
            extract(images)
    assert extract(images).isfinite().all()


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


def test_memory_does_not_grow(pair, images):
    extractor, net = pair
    kept = []
    net.last.register_forward_hook(lambda _, __, out: kept.append(weakref.ref(out)))

    def tensors():
        return sum(issubclass(type(each), torch.Tensor) for each in gc.get_objects())

    extractor(net)(images)
    gc.collect()
    gc.disable()
    try:
        before = tensors()
        for _ in range(200):
            extract = extractor(net)
            extract(images)
            with extract:
                net(images)
                extract.maps()
            del extract
        assert tensors() <= before
        assert all(each() is None for each in kept)
    finally:
        gc.enable()


def test_the_network_can_be_copied_and_pickled_afterwards(extractor, images):
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2)).eval()
    extract = extractor(net)
    expected = extract(images, 1)
    file = io.BytesIO()
    torch.save(net, file)
    file.seek(0)
    for again in (copy.deepcopy(net), torch.load(file, weights_only=False)):
        assert torch.equal(extractor(again)(images, 1), expected)


@pytest.mark.parametrize(
    "compile_", [lambda net: torch.compile(net, backend="eager"), lambda net: net.compile(backend="eager") or net]
)
def test_a_compiled_network_before_and_after_its_first_call(compile_, pair, images, place):
    extractor, net = pair
    expected = extractor(net)(images, 1)
    compiled = compile_(net)
    try:
        early = extractor(compiled)
        logits = compiled(images)
        for extract in (early, extractor(compiled)):
            torch.testing.assert_close(extract(images, 1), expected)
            with extract:
                compiled(images)
                torch.testing.assert_close(extract.maps(1).detach(), expected)
            assert extract.layer_name == place(extractor)
        torch.testing.assert_close(compiled(images), logits)
    finally:
        torch.compiler.reset()


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
