"""Attention rollout: the paper's recursion written out, rows that sum to 1, and its two ends."""

import pytest
import torch

from saliencekit.errors import InputError, UsageError
from saliencekit.functional import attention_rollout
from saliencekit.functional.rollout import fuse_heads, roll


def attentions(blocks=3, heads=2, length=5, dtype=torch.float64):
    random = torch.Generator().manual_seed(0)
    return [torch.randn(2, heads, length, length, generator=random, dtype=dtype).softmax(-1) for _ in range(blocks)]


def literal(given, *, heads, residual):
    """Every sum of the paper's recursion as a loop over numbers."""
    count, _, length, _ = given[0].shape
    pick = {"mean": lambda each: sum(each) / len(each), "min": min, "max": max}[heads]
    result = []
    for image in range(count):
        rolled = [[float(i == j) for j in range(length)] for i in range(length)]
        for block in given:
            fused = []
            for i in range(length):
                row = [
                    (1 - residual) * pick(block[image, :, i, j].tolist()) + residual * (i == j) for j in range(length)
                ]
                fused.append([cell / sum(row) for cell in row])
            rolled = [
                [sum(fused[i][k] * rolled[k][j] for k in range(length)) for j in range(length)] for i in range(length)
            ]
        result.append(rolled)
    return torch.tensor(result, dtype=torch.float64)


@pytest.mark.parametrize("heads", ["mean", "min", "max"])
@pytest.mark.parametrize("residual", [0.0, 0.5, 0.9])
def test_equal_to_the_recursion_and_rows_sum_to_one(heads, residual):
    given = attentions()
    found = attention_rollout(given, heads=heads, residual=residual)
    torch.testing.assert_close(found, literal(given, heads=heads, residual=residual), rtol=1e-12, atol=1e-14)
    torch.testing.assert_close(found.sum(-1), torch.ones(2, 5).double())
    assert found.min() >= 0


def test_by_hand():
    first = torch.tensor([[[[1.0, 0.0], [1.0, 0.0]]]])  # both look at token 0
    second = torch.tensor([[[[0.0, 1.0], [0.0, 1.0]]]])  # both look at token 1
    # .5 A + .5 I: ((1, 0), (.5, .5)) and ((.5, .5), (0, 1)); their product
    assert attention_rollout([first, second]).tolist() == [[[0.75, 0.25], [0.5, 0.5]]]
    assert attention_rollout([first, second], residual=0.0).tolist() == [[[1.0, 0.0], [1.0, 0.0]]]
    assert attention_rollout([first, second], residual=1.0).tolist() == [[[1.0, 0.0], [0.0, 1.0]]]


def test_one_step_after_the_other_is_the_whole():
    given = attentions()
    rolled = None
    for attention in given:
        rolled = roll(rolled, attention)
    assert torch.equal(rolled, attention_rollout(given))
    assert attention_rollout(attentions(dtype=torch.float32)).dtype == torch.float32
    assert attention_rollout([each.bfloat16() for each in given]).dtype == torch.float32


def test_not_even_autocast_narrows_the_product():
    given = attentions(dtype=torch.float32)
    with torch.autocast("cpu", torch.bfloat16):
        found = attention_rollout(given)
    assert torch.equal(found, attention_rollout(given))


def test_errors():
    one, other = attentions(1, length=5)[0], attentions(1, length=4)[0]
    with pytest.raises(InputError, match=r"^expected `attentions` of at least one block, got none$"):
        attention_rollout([])
    with pytest.raises(InputError, match=r"^expected an attention of shape \(N, heads, 5, 5\), got \(2, 2, 4, 4\)$"):
        attention_rollout([one, other])
    with pytest.raises(InputError, match=r"^expected an attention of shape \(N, heads, L, L\), got \(2, 2, 5, 4\)$"):
        attention_rollout([one[..., :4]])
    with pytest.raises(UsageError, match=r"^expected `residual` in \[0, 1\], got 1.5$"):
        attention_rollout([one], residual=1.5)
    with pytest.raises(UsageError, match="unknown fusion of heads 'sum'"):
        fuse_heads(one, heads="sum")
    with pytest.raises(InputError, match=r"^expected `attention` of shape \(N, heads, L, L\), got \(2, 5, 5\)$"):
        fuse_heads(one[:, 0])
