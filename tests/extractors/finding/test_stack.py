"""The stack of running modules knows what each was given, also after one has failed."""

import torch
from torch import nn

from saliencekit.extractors.finding.shapes import Shapes
from saliencekit.extractors.finding.stack import Running


def test_the_innermost_with_weights():
    running = Running(Shapes(torch.zeros(2, 3, 8, 8)))
    outer, inner, bare = nn.Linear(2, 2), nn.Linear(2, 2), nn.Softmax(-1)
    given = [torch.zeros(2), torch.ones(2)]
    assert running.innermost() is None
    running.start("outer", outer, (None, given[0]), {})
    running.start("inner", inner, (torch.tensor([1]),), {"x": given[1]})
    running.start("bare", bare, (torch.zeros(3),), {})
    assert running.innermost() == ("inner", inner, given[1])
    assert not running.finish(bare)
    assert not running.finish(inner)
    assert running.innermost()[0] == "outer"
    assert running.time == 5


def test_what_failed_is_forgotten_with_what_was_around_it():
    running = Running(Shapes(None))
    outer, inner = nn.Linear(2, 2), nn.Linear(2, 2)
    running.start("outer", outer, (torch.zeros(2),), {})
    running.start("inner", inner, (torch.zeros(2),), {})
    running.finish(outer)  # caught the error of inner
    assert running.innermost() is None
    assert not running.finish(outer)


def test_what_works_on_tokens_and_its_parts():
    images = torch.zeros(2, 3, 8, 12)
    shapes = Shapes(images)
    with shapes:
        tokens = nn.functional.conv2d(images, torch.ones(5, 3, 4, 4), stride=4).flatten(2).transpose(1, 2)
    running, net, block, part = Running(shapes), nn.Linear(2, 2), nn.Linear(2, 2), nn.Linear(2, 2)
    running.start("net", net, (images,), {})
    assert not running.on_tokens
    running.start("block", block, (), {"hidden": tokens})
    assert running.on_tokens
    running.start("part", part, (torch.zeros(2, 1, 6, 5),), {})
    assert not running.on_tokens
    assert running.finish(part)
    assert running.finish(block)
    assert not running.finish(net)
