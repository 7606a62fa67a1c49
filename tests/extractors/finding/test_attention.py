"""Attention is seen wherever it is computed, and its weights are those that the kernel uses."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from saliencekit.extractors.finding.attention import AttentionTrace
from saliencekit.extractors.finding.shapes import Shapes

IMAGES = torch.rand(2, 3, 8, 12)  # patches of 4: a grid of 2 x 3
HEADS, WIDTH = 2, 4


@pytest.fixture
def parts():
    random = torch.Generator().manual_seed(0)
    return [torch.randn(2, HEADS, 6, WIDTH, generator=random) for _ in range(3)]


def seen(call, images=IMAGES, **more):
    found, shapes = [], Shapes(images)
    trace = AttentionTrace(shapes)
    note = lambda each: found.append((each.asking, each.answering, each.weights()))  # noqa: E731
    with torch.no_grad(), trace.telling(note), shapes:
        tokens = F.conv2d(images, torch.ones(8, 3, 4, 4), stride=4).flatten(2).transpose(1, 2)
        call(tokens, **more)
    return found, trace


def expected_of(query, key, scale, mask=None):
    scores = torch.einsum("nhqd,nhkd->nhqk", query.double(), key.double()) * scale
    return (scores if mask is None else scores + mask).softmax(-1).float()


CAUSAL = torch.zeros(6, 6).masked_fill(~torch.ones(6, 6).tril().bool(), -torch.inf)
BIAS = torch.randn(HEADS, 6, 6, generator=torch.Generator().manual_seed(1))
OPEN = torch.rand(6, 6, generator=torch.Generator().manual_seed(2)) > 0.3


@pytest.mark.parametrize(
    ("settings", "scale", "mask"),
    [
        ({}, 0.5, None),
        ({"scale": 0.1}, 0.1, None),
        ({"is_causal": True}, 0.5, CAUSAL),
        ({"attn_mask": BIAS}, 0.5, BIAS),
        ({"attn_mask": OPEN | torch.eye(6).bool()}, 0.5, CAUSAL * 0),
        ({"dropout_p": 0.9}, 0.5, None),
    ],
)
def test_the_fused_kernel(settings, scale, mask, parts):
    query, key, value = parts
    if settings.get("attn_mask") is not None and settings["attn_mask"].dtype == torch.bool:
        mask = torch.zeros(6, 6).masked_fill(~settings["attn_mask"], -torch.inf)
    found, _ = seen(lambda _: F.scaled_dot_product_attention(query, key, value, **settings))
    assert [each[:2] for each in found] == [(6, 6)]
    torch.testing.assert_close(found[0][2], expected_of(query, key, scale, mask))
    if "dropout_p" not in settings:
        kernel = F.scaled_dot_product_attention(query, key, value, **settings)
        torch.testing.assert_close(found[0][2] @ value, kernel)


def test_shared_keys_and_single_heads(parts):
    query, key, value = parts
    call = lambda _: F.scaled_dot_product_attention(query, key[:, :1], value[:, :1], enable_gqa=True)  # noqa: E731
    torch.testing.assert_close(seen(call)[0][0][2], expected_of(query, key[:, :1].expand_as(key), 0.5))
    single = lambda _: F.scaled_dot_product_attention(query[:, 0], key[:, 0], value[:, 0])  # noqa: E731
    torch.testing.assert_close(seen(single)[0][0][2], expected_of(query, key, 0.5)[:, :1])


@pytest.mark.parametrize("batch_first", [True, False])
@pytest.mark.parametrize("training", [True, False])
def test_torchs_own_module(batch_first, training):
    torch.manual_seed(0)
    module = nn.MultiheadAttention(8, HEADS, dropout=0.5, batch_first=batch_first).train(training)
    before = torch.get_rng_state()

    def call(tokens):
        tokens = tokens if batch_first else tokens.transpose(0, 1)
        module(tokens, tokens, tokens, need_weights=False)

    found, _ = seen(call)
    tokens = F.conv2d(IMAGES, torch.ones(8, 3, 4, 4), stride=4).flatten(2).transpose(1, 2)
    given = tokens if batch_first else tokens.transpose(0, 1)
    _, weights = module.eval()(given, given, given, average_attn_weights=False)
    torch.testing.assert_close(found[0][2], weights.detach())
    if not training:
        assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("softmax", [lambda x: x.softmax(-1), lambda x: F.softmax(x, dim=3), nn.Softmax(-1)])
def test_attention_written_out(softmax, parts):
    query, key, value = parts
    found, _ = seen(lambda _: softmax(query @ key.mT * 0.5) @ value)
    torch.testing.assert_close(found[0][2], expected_of(query, key, 0.5))
    flat = seen(lambda _: (query @ key.mT * 0.5).flatten(0, 1).softmax(-1))[0]
    torch.testing.assert_close(flat[0][2], expected_of(query, key, 0.5))


def test_windows_and_channels_are_counted_apart():
    found, trace = seen(lambda _: torch.zeros(12, HEADS, 6, 6).softmax(-1))  # six windows an image
    assert (found, trace.local) == ([], 1)
    found, trace = seen(lambda _: torch.zeros(2, HEADS, 7, 7).softmax(-1))
    assert (found, trace.local) == ([], 1)
    found, trace = seen(lambda _: torch.zeros(2, 5).softmax(-1))
    assert (found, trace.local) == ([], 0)
    found, trace = seen(lambda _: torch.zeros(2, HEADS, 6, 6).softmax(1))
    assert (found, trace.local) == ([], 0)


@pytest.mark.parametrize(
    ("take", "places"),
    [
        (lambda x: x[:, 0], {0}),
        (lambda x: x[:, 0, :], {0}),
        (lambda x: (x[:, 0], x[:, 1]), {0, 1}),
        (lambda x: x[:, 0:1], {0}),
        (lambda x: x[:, -1], {5}),
        (lambda x: x.select(1, 2), {2}),
        (lambda x: x.select(dim=1, index=2), {2}),
        (lambda x: x[:, 1:], set()),
        (lambda x: x[0], set()),
        (lambda x: x.mean(1)[:, 0], set()),
    ],
)
def test_tokens_that_are_taken_out(take, places):
    assert seen(take)[1].read == places


def test_what_was_read_before_an_attention_is_forgotten(parts):
    def call(tokens):
        tokens[:, 3]
        F.scaled_dot_product_attention(*parts)
        tokens[:, 1]

    assert seen(call)[1].read == {1}
