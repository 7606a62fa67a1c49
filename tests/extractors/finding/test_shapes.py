"""Layouts and grids are read off the calls of a forward, and what cannot be told is not guessed."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from saliencekit.extractors.finding.layouts import CHANNELS_LAST, MAPS, Layout
from saliencekit.extractors.finding.shapes import Shapes

IMAGES = torch.rand(2, 3, 16, 24)


@pytest.fixture
def patches():
    return nn.Conv2d(3, 6, 4, stride=4)  # a grid of 4 x 6


def seen(call, images=IMAGES):
    shapes = Shapes(images)
    with torch.no_grad(), shapes:
        out = call(images)
    return shapes, out


@pytest.mark.parametrize(
    "call",
    [
        lambda x: x.flatten(2).transpose(1, 2),
        lambda x: x.flatten(2).permute(0, 2, 1),
        lambda x: x.flatten(2).mT,
        lambda x: x.reshape(2, 6, 24).permute(0, 2, 1),
        lambda x: x.permute(0, 2, 3, 1).reshape(2, 24, 6),
        lambda x: x.permute(0, 2, 3, 1).view(2, -1, 6),
        lambda x: x.relu().permute((0, 2, 3, 1)).flatten(1, 2),
        lambda x: torch.flatten(x, start_dim=2).transpose(-1, -2) * 2 + 1,
    ],
)
def test_flattened_maps_are_tokens_on_their_grid(call, patches):
    shapes, out = seen(lambda x: call(patches(x)))
    assert shapes.layout(out) == Layout("tokens", (4, 6), 0, 24)


def test_flattened_maps_before_they_are_transposed(patches):
    shapes, out = seen(lambda x: patches(x).flatten(2) + 1)
    assert shapes.layout(out) == Layout("token rows", (4, 6), 0, 24)
    square = nn.Conv2d(3, 24, 4, stride=4)  # as many channels as cells: what is what is known from where it came
    shapes, out = seen(lambda x: square(x).flatten(2))
    assert shapes.layout(out).kind == "token rows"
    shapes, out = seen(lambda x: square(x).flatten(2).transpose(1, 2))
    assert shapes.layout(out).kind == "tokens"


@pytest.mark.parametrize(
    ("join", "first", "length"),
    [
        (lambda x, extra: torch.cat([extra[:, :1], x], 1), 1, 25),
        (lambda x, extra: torch.cat((extra[:, :2], x), dim=1), 2, 26),
        (lambda x, extra: torch.cat([x, extra[:, :1]], -2), 0, 25),
        (lambda x, extra: torch.cat([extra, torch.cat([extra[:, :1], x], 1)], 1), 5, 29),
        (lambda x, extra: (y := torch.cat([extra[:, :1], x], 1), torch.cat([y[:, :1], extra, y[:, 1:]], 1))[1], 5, 29),
    ],
)
def test_other_tokens_are_told_from_patches_where_they_are_joined(join, first, length, patches):
    shapes, out = seen(lambda x: join(patches(x).flatten(2).transpose(1, 2), torch.zeros(2, 4, 6)) + 1)
    assert shapes.layout(out) == Layout("tokens", (4, 6), first, length)


def test_patches_cut_out_of_the_image():
    shapes, out = seen(lambda x: F.unfold(x, 4, stride=4).transpose(1, 2))
    assert shapes.layout(out) == Layout("tokens", (4, 6), 0, 24)
    shapes, out = seen(lambda x: F.unfold(x, (3, 5), padding=1, stride=(4, 3), dilation=1).transpose(1, 2))
    assert shapes.layout(out).grid == (4, 8)
    split = lambda x: x.reshape(2, 3, 4, 4, 6, 4).permute(0, 2, 4, 3, 5, 1).reshape(2, 24, 48)  # noqa: E731
    shapes, out = seen(split)
    assert shapes.layout(out) == Layout("tokens", (4, 6), 0, 24)


def test_merged_patches(patches):
    def merge(x):
        x = patches(x).flatten(2).transpose(1, 2).view(2, 4, 6, 6)
        x = torch.cat([x[:, i::2, j::2] for i in (0, 1) for j in (0, 1)], -1)
        return x, x.view(2, -1, 24)

    shapes, (grid, out) = seen(merge)
    assert shapes.layout(grid) == CHANNELS_LAST
    assert shapes.layout(out) == Layout("tokens", (2, 3), 0, 6)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda x: x, MAPS),
        (lambda x: F.gelu(x) * 2 + x, MAPS),
        (lambda x: x.permute(0, 2, 3, 1), CHANNELS_LAST),
        (lambda x: F.layer_norm(x.permute(0, 2, 3, 1), (6,)), CHANNELS_LAST),
        (lambda x: F.linear(x.permute(0, 2, 3, 1), torch.zeros(9, 6)), CHANNELS_LAST),
        (lambda x: F.layer_norm(x.permute(0, 2, 3, 1), (6,)).permute(0, 3, 1, 2), MAPS),
        (lambda x: F.max_pool2d(x, 2), MAPS),
        (lambda x: F.pad(x.permute(0, 2, 3, 1), (0, 0, 0, 1))[:, :, :-1].roll(1, 1), CHANNELS_LAST),
        (lambda x: x.flatten(2).transpose(1, 2).view(2, 4, 6, 6), CHANNELS_LAST),
        (lambda x: x.flatten(2).view(2, 6, 4, 6), MAPS),
        (lambda x: x.unflatten(1, (2, 3)).transpose(1, 2).reshape(2, 6, 4, 6), MAPS),  # channels shuffled
        (lambda x: x.flatten(2).transpose(1, 2).view(2, 24, 2, 3).transpose(1, 2), None),  # heads
        (lambda x: x.flatten(2).transpose(1, 2).view(2, 24, 2, 3), None),
        (lambda x: x.mean((2, 3)), None),
    ],
)
def test_maps_are_told_from_channels_last_and_from_heads(call, expected, patches):
    shapes, out = seen(lambda x: call(patches(x)))
    assert shapes.layout(out) == expected


def test_what_cannot_be_told():
    shapes, out = seen(lambda x: x.sum((1, 2, 3))[:, None, None].expand(2, 24, 6) + 0)
    assert shapes.layout(out) is None
    shapes, _ = seen(lambda x: torch.zeros(2, 24, 64).view(2, 24, 8, 8).flatten(2))  # heads: not as wide as the image
    assert shapes.tokens(64) is None
    shapes, out = seen(lambda x: (torch.zeros(2, 24, 5).view(2, 4, 6, 5), torch.zeros(2, 24, 5).view(2, 2, 12, 5))[0])
    assert shapes.tokens(24).grid == (4, 6)  # the other has not the image's proportions
    assert Shapes(None).layout(torch.zeros(2, 24, 6)) is None


def test_nothing_is_kept_alive(patches):
    import weakref

    shapes, out = seen(lambda x: patches(x).relu())
    reference = weakref.ref(out)
    assert shapes.layout(out) == MAPS
    del out
    assert reference() is None
