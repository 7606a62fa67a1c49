import math

import pytest
import torch

from saliencekit.errors import UsageError
from saliencekit.losses import FmmmseLoss, fmmmse_loss


@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.parametrize("alpha", [0.5, 0.1])
def test_equals_the_literal_formula(literal, make_batch, k, alpha):
    batch = make_batch(k=k)
    entropy = literal.mean(map(literal.cross_entropy, batch.logits.tolist(), batch.labels.tolist()))
    spread = literal.mean(map(literal.entropy, batch.maps.tolist()))
    loss = fmmmse_loss(batch.logits, batch.labels, batch.maps, alpha=alpha)
    assert loss.item() == pytest.approx(alpha * entropy + (1 - alpha) * spread, abs=1e-9)


def test_both_extremes_by_hand():
    logits, labels = torch.tensor([[200.0, 0.0]]), torch.tensor([0])
    focused = torch.zeros(1, 7, 7)
    focused[0, 3, 3] = 5.0
    assert fmmmse_loss(logits, labels, focused).item() == 0
    flat = fmmmse_loss(logits, labels, torch.ones(1, 7, 7))
    assert flat.item() == pytest.approx(math.log(49) / 2, rel=1e-6)


def test_the_gradient_sharpens_the_map(make_batch):
    batch = make_batch()
    maps = batch.maps.clone().requires_grad_()
    before = fmmmse_loss(batch.logits, batch.labels, maps, alpha=0.0)
    (gradient,) = torch.autograd.grad(before, maps)
    assert fmmmse_loss(batch.logits, batch.labels, maps - gradient, alpha=0.0) < before


def test_a_weight_out_of_range_is_refused():
    with pytest.raises(UsageError, match=r"`alpha` to be a number in \[0, 1\], got 2"):
        FmmmseLoss(alpha=2)
