import math

import pytest
import torch

from saliencekit.errors import UsageError
from saliencekit.losses import DroidLoss, droid_loss


@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.parametrize("offset", [0.0, 1.0])
@pytest.mark.parametrize("alpha", [0.5, 0.7])
def test_equals_the_literal_formula(literal, make_batch, k, alpha, offset):
    batch = make_batch(k=k)
    entropy = literal.mean(map(literal.cross_entropy, batch.logits.tolist(), batch.labels.tolist()))
    spread = literal.mean(math.log(literal.entropy(each) + offset) for each in batch.maps.tolist())
    loss = droid_loss(batch.logits, batch.labels, batch.maps, alpha=alpha, offset=offset)
    assert loss.item() == pytest.approx(alpha * entropy + (1 - alpha) * spread, abs=1e-9)


def test_the_mean_of_logarithms_not_the_logarithm_of_the_mean(literal, make_batch):
    batch = make_batch()
    values = droid_loss(batch.logits, batch.labels, batch.maps, alpha=0.0, reduction="none")
    assert values.tolist() == pytest.approx([math.log(literal.entropy(each)) for each in batch.maps.tolist()])


def test_a_one_hot_map_is_held_from_below():
    logits, labels = torch.tensor([[200.0, 0.0]]), torch.tensor([0])
    maps = torch.zeros(1, 7, 7)
    maps[0, 3, 3] = 5.0
    maps.requires_grad_()
    loss = droid_loss(logits, labels, maps)
    assert loss.item() == pytest.approx(math.log(1e-6) / 2)
    loss.backward()
    assert (maps.grad == 0).all()
    assert droid_loss(logits, labels, maps, offset=1.0).item() == 0


def test_a_constant_map_has_the_highest_entropy_and_no_gradient():
    maps = torch.ones(2, 7, 7, requires_grad=True)
    loss = droid_loss(torch.tensor([[200.0, 0.0]]).expand(2, 2), torch.tensor([0, 0]), maps)
    assert loss.item() == pytest.approx(math.log(math.log(49)) / 2, rel=1e-6)
    loss.backward()
    assert (maps.grad == 0).all()


def test_settings_out_of_range_are_refused():
    with pytest.raises(UsageError, match=r"`alpha` to be a number in \[0, 1\], got -1"):
        DroidLoss(alpha=-1)
    with pytest.raises(UsageError, match="`offset` to be a finite number of at least 0, got inf"):
        DroidLoss(offset=float("inf"))
