import math

import pytest
import torch

from saliencekit.errors import InputError, UsageError
from saliencekit.losses import CyborgDroidLoss, cyborg_droid_loss


def transcription(literal, batch, weights, offset, present):
    alpha, beta, gamma = weights
    human, model = batch.human_maps.tolist(), batch.maps.tolist()
    distance = literal.mean(literal.distance(human[i], model[i]) for i in present)
    spread = literal.mean(math.log(literal.entropy(each) + offset) for each in model)
    entropy = literal.mean(map(literal.cross_entropy, batch.logits.tolist(), batch.labels.tolist()))
    return alpha * distance + beta * spread + gamma * entropy


@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.parametrize("offset", [0.0, 1.0])
@pytest.mark.parametrize("weights", [(0.5, 0.3, 0.5), (1.0, 2.0, 3.0)])
def test_equals_the_literal_formula(literal, make_batch, k, weights, offset):
    batch = make_batch(k=k)
    alpha, beta, gamma = weights
    loss = CyborgDroidLoss(alpha=alpha, beta=beta, gamma=gamma, offset=offset)
    value = loss(batch.logits, batch.labels, batch.maps, batch.human_maps)
    assert value.item() == pytest.approx(transcription(literal, batch, weights, offset, range(5)), abs=1e-9)


def test_the_papers_weights_are_the_default(literal, make_batch):
    batch = make_batch()
    value = cyborg_droid_loss(batch.logits, batch.labels, batch.maps, batch.human_maps).item()
    assert value == pytest.approx(transcription(literal, batch, (0.5, 0.3, 0.5), 0.0, range(5)), abs=1e-9)


def test_a_missing_map_leaves_the_human_term_only(literal, make_batch):
    batch = make_batch()
    has_map = torch.tensor([True, False, True, False, False])
    human = torch.where(has_map[:, None, None], batch.human_maps, torch.nan)
    maps = batch.maps.clone().requires_grad_()
    loss = cyborg_droid_loss(batch.logits, batch.labels, maps, human, has_map)
    expected = transcription(literal, batch, (0.5, 0.3, 0.5), 0.0, [0, 2])
    assert loss.item() == pytest.approx(expected, abs=1e-9)
    loss.backward()
    assert torch.isfinite(maps.grad).all()
    assert (maps.grad != 0).any(dim=(1, 2)).all()  # the entropy term still pulls on all of them


def test_what_does_not_fit_is_said(make_batch):
    batch = make_batch()
    with pytest.raises(InputError, match="'cyborg-droid' needs `human_maps`"):
        cyborg_droid_loss(batch.logits, batch.labels, batch.maps)
    with pytest.raises(UsageError, match="`beta` to be a finite number of at least 0, got -1"):
        CyborgDroidLoss(beta=-1)
