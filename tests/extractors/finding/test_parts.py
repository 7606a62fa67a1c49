"""The tensor in what a layer gives is found and put back where it was."""

import pytest
import torch
from torch import nn

from saliencekit.errors import ModelError
from saliencekit.extractors import GradCAM
from saliencekit.extractors.finding.parts import as_features, in_place_of, not_once, tensor_of


def test_found_and_put_back():
    one, other, new = torch.zeros(1, 2, 3, 3), torch.ones(2), torch.ones(1, 2, 3, 3)
    assert tensor_of(one) is one
    assert tensor_of((one, other)) is one
    assert tensor_of([one]) is one
    for nothing in (None, (), {"a": one}, ((one,),), "tensor"):
        assert tensor_of(nothing) is None
    assert in_place_of(one, one, (one, other)) is None
    assert in_place_of(one, new, one) is new
    changed = in_place_of(one, new, (one, other, one, None))
    assert changed[0] is new
    assert changed[1] is other
    assert changed[2] is new
    assert changed[3] is None


@pytest.mark.parametrize(
    ("out", "got"),
    [
        (torch.zeros(2, 3), r"\(2, 3\)"),
        (torch.zeros(1, 2, 3, 4).long(), r"\(1, 2, 3, 4\)"),
        (None, "NoneType"),
        ({}, "dict"),
    ],
)
def test_what_is_no_features(out, got):
    with pytest.raises(ModelError, match=rf"^expected layer 'a' to give maps of shape .* or tokens .*, got {got}$"):
        as_features("a", out)


def test_errors_about_runs():
    assert "'a' did not run" in str(not_once("a", 0))
    assert "'a' ran 3 times" in str(not_once("a", 3))


def test_a_layer_that_gives_a_tuple(make_net, images):
    class Two(nn.Module):
        def __init__(self, layer):
            super().__init__()
            self.layer = layer

        def forward(self, x):
            return self.layer(x), "more"

    net = make_net(lambda net, x: net.fc(x.mean((2, 3)).tanh()))
    expected = GradCAM(net)(images, 1)
    net.last = Two(net.last)
    head = net.head
    net.head = lambda net, x: head(net, x[0])
    for layer in ("auto", "last", "last.layer"):
        extract = GradCAM(net, layer)
        for _ in range(2):
            torch.testing.assert_close(extract(images, 1), expected)
