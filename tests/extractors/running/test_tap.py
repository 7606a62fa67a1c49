"""A tap cuts the graph without a copy, keeps what a layer gave, and takes gradients by it as it was or became."""

import pytest
import torch

from saliencekit.extractors.running.tap import Tap


@pytest.fixture(autouse=True)
def recording_afterwards():
    yield
    torch.set_grad_enabled(True)


def run(tap, out, *, inplace):
    given = tap.take(out)
    after = given.relu_() if inplace else given.relu()
    score = (after * torch.tensor([1.0, 2.0, 3.0])).sum()
    gradient = torch.autograd.grad(score, tap.source)[0]
    return given, gradient.tolist()


@pytest.mark.parametrize("inplace", [False, True])
def test_a_snapshot_is_the_layer_as_it_was(inplace):
    with torch.no_grad():
        tap = Tap(begin=True, whole=False, snapshot=True, copy=True)
        _, gradient = run(tap, torch.tensor([1.0, -1.0, 2.0]), inplace=inplace)
        assert tap.features.tolist() == [1.0, -1.0, 2.0]
        assert gradient == [1.0, 0.0, 3.0]
        assert tap.overwritten() == inplace
        assert tap.cut


def test_else_it_is_what_in_place_layers_left():
    with torch.no_grad():
        tap = Tap(begin=True, whole=False, snapshot=False, copy=False)
        _, gradient = run(tap, torch.tensor([1.0, -1.0, 2.0]), inplace=True)
        assert tap.features.tolist() == [1.0, 0.0, 2.0]
        assert gradient == [1.0, 2.0, 3.0]


def test_the_cut_shares_memory_and_leaves_the_tensor_alone():
    with torch.no_grad():
        out = torch.ones(3)
        tap = Tap(begin=True, whole=False, snapshot=False, copy=False)
        given = tap.take(out)
        assert given.data_ptr() == out.data_ptr()
        assert given.requires_grad
        assert not out.requires_grad
        assert torch.is_grad_enabled()


def test_a_graph_that_is_there_is_left_whole():
    weight = torch.ones(3, requires_grad=True)
    tap = Tap(begin=True, whole=True, snapshot=False, copy=False)
    out = weight * 2
    assert tap.take(out) is out
    assert not tap.cut
    saved = torch.rand(3)
    product = (saved * weight).sum()
    given = tap.take(saved)  # without a graph, but saved by the caller's
    given.add_(1)
    assert torch.equal(torch.autograd.grad(product, weight)[0], saved)


def test_without_gradients_nothing_is_touched():
    tap = Tap(begin=False, whole=False, snapshot=False, copy=False)
    out = torch.ones(1, 2, 3, 3)
    assert tap.take(out) is out
    assert tap.is_given(out)
    assert tap.is_given(out.detach())
    assert not tap.is_given(out.clone())
    assert not tap.is_given(out.transpose(2, 3))
    assert not out.requires_grad
    assert tap.runs == 1
