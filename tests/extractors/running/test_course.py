"""The course of a forward: the last layers of maps and tokens, and which of them attention was given."""

import pytest
import torch
from torch import nn

from saliencekit.extractors.finding.layouts import MAPS, Layout
from saliencekit.extractors.finding.shapes import Shapes
from saliencekit.extractors.running.course import Course, Place
from saliencekit.extractors.running.tap import Tap

TOKENS = Layout("tokens", (2, 3), 0, 6)


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm, self.attend = nn.LayerNorm(4), nn.Linear(4, 4)


@pytest.fixture
def net():
    return nn.ModuleDict({"stem": nn.Conv2d(3, 4, 4, stride=4), "one": Block(), "two": Block()})


@pytest.fixture
def course(net):
    shapes = Shapes(torch.rand(1, 3, 8, 12))
    with shapes:
        net["stem"](torch.rand(1, 3, 8, 12)).flatten(2).transpose(1, 2)
    return Course(net, shapes)


def place(net, name, tensor, layout=TOKENS, time=0):
    tap = Tap(begin=False, whole=False, snapshot=False, copy=False)
    tap.take(tensor)
    module = net.get_submodule(name)
    return Place(name, module, tap, module, layout, time)


def test_the_last_of_each_kind(net, course):
    maps = place(net, "stem", torch.rand(1, 4, 2, 3), MAPS)
    tokens = place(net, "one.norm", torch.rand(1, 6, 4))
    course.strange = 3
    course.take(maps)
    assert (course.place, course.maps, course.strange) == (maps, maps, 0)
    course.take(tokens)
    assert (course.place, course.maps, course.tokens) == (tokens, maps, tokens)


def test_attention_is_traced_to_the_layer_whose_tokens_it_was_given(net, course):
    first, last = torch.rand(1, 6, 4), torch.rand(1, 6, 4)
    course.take(place(net, "one.norm", first))
    course.take(place(net, "one.attend", last))
    course.attend("one.attend", net["one"].attend, first, 5)
    assert course.attended.place.name == "one.norm"
    assert course.attended.time == 5
    assert not course.begins_block(nn.Linear(2, 2))
    assert not course.lost
    assert course.begins_block(net["two"])  # of the kind that holds the layer and the attention
    assert course.lost
    assert course.attended is None
    course.attend("two.attend", net["two"].attend, last, 7)
    assert course.attended.place is None  # nothing has finished since the attention before
    assert not course.lost


def test_tokens_that_are_kept_anew(net, course):
    course.take(place(net, "one.norm", torch.rand(1, 6, 4)))
    tap = Tap(begin=False, whole=False, snapshot=False, copy=False)
    anew = tap.take(torch.rand(1, 6, 4))
    course.retake(tap)
    assert course.tokens.tap is course.place.tap is tap
    course.attend("one.attend", net["one"].attend, anew, 1)
    assert course.attended.place.tap is tap


def test_attention_over_what_is_on_no_grid_is_passed_over(net, course):
    course.attend("one.attend", net["one"].attend, torch.rand(1, 7, 4), 1)
    assert course.attended is None
