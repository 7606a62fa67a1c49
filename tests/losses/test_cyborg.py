import numpy as np
import pytest
import torch
from PIL import Image

from saliencekit.errors import InputError, UsageError
from saliencekit.losses import CyborgLoss, cross_entropy_loss, cyborg_loss


def transcription(literal, batch, alpha, present):
    entropy = literal.mean(map(literal.cross_entropy, batch.logits.tolist(), batch.labels.tolist()))
    human, model = batch.human_maps.tolist(), batch.maps.tolist()
    distance = literal.mean(literal.distance(human[i], model[i]) for i in present)
    if alpha == "adaptive":
        alpha = entropy / (entropy + distance + 1e-8)
    return alpha * entropy + (1 - alpha) * distance


@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.parametrize("alpha", [0.5, 0.2, "adaptive"])
def test_equals_the_literal_formula(literal, make_batch, k, alpha):
    batch = make_batch(k=k)
    loss = cyborg_loss(batch.logits, batch.labels, batch.maps, batch.human_maps, alpha=alpha)
    assert loss.item() == pytest.approx(transcription(literal, batch, alpha, range(5)), abs=1e-9)


@pytest.mark.parametrize("alpha", [0.5, "adaptive"])
def test_samples_without_a_map_are_left_out(literal, make_batch, alpha):
    batch = make_batch()
    has_map = torch.tensor([True, False, False, True, True])
    human = torch.where(has_map[:, None, None], batch.human_maps, torch.nan)
    maps = batch.maps.clone().requires_grad_()
    loss = cyborg_loss(batch.logits, batch.labels, maps, human, has_map, alpha=alpha)
    assert loss.item() == pytest.approx(transcription(literal, batch, alpha, [0, 3, 4]), abs=1e-9)
    loss.backward()
    assert torch.isfinite(maps.grad).all()
    assert (maps.grad[[1, 2]] == 0).all()
    assert (maps.grad[[0, 3, 4]] != 0).any(dim=(1, 2)).all()


def test_adaptive_alpha_passes_no_gradient(make_batch):
    batch = make_batch()
    logits = batch.logits.clone().requires_grad_()
    entropy = cross_entropy_loss(batch.logits, batch.labels)
    distance = cyborg_loss(batch.logits, batch.labels, batch.maps, batch.human_maps, alpha=0.0)
    weight = float(entropy / (entropy + distance + 1e-8))
    cyborg_loss(logits, batch.labels, batch.maps, batch.human_maps, alpha="adaptive").backward()
    other = batch.logits.clone().requires_grad_()
    (weight * cross_entropy_loss(other, batch.labels)).backward()
    torch.testing.assert_close(logits.grad, other.grad)


def test_maps_in_any_unit_give_the_same_loss(make_batch):
    batch = make_batch()
    first = cyborg_loss(batch.logits, batch.labels, batch.maps, batch.human_maps)
    second = cyborg_loss(batch.logits, batch.labels, 3 * batch.maps - 2, 255 * batch.human_maps)
    torch.testing.assert_close(first, second)


def test_the_gradient_draws_the_map_to_the_human_one(make_batch):
    batch = make_batch()
    maps = batch.maps.clone().requires_grad_()
    optimiser = torch.optim.Adam([maps], lr=0.05)
    losses = []
    for _ in range(300):
        optimiser.zero_grad()
        loss = cyborg_loss(batch.logits, batch.labels, maps, batch.human_maps, alpha=0.0)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.02 * losses[0]


def test_human_maps_are_brought_to_the_grid_as_pillow_does(make_batch):
    batch = make_batch()
    large = torch.rand(5, 56, 42, generator=torch.Generator().manual_seed(0))
    small = [
        torch.from_numpy(np.array(Image.fromarray(each.numpy()).resize((7, 7), Image.Resampling.BILINEAR)))
        for each in large
    ]
    first = cyborg_loss(batch.logits, batch.labels, batch.maps, torch.stack(small))
    second = cyborg_loss(batch.logits, batch.labels, batch.maps, large)
    torch.testing.assert_close(first, second, atol=1e-6, rtol=0)


def test_eight_bit_human_maps_are_taken(make_batch):
    batch = make_batch()
    grey = (batch.human_maps / batch.human_maps.amax() * 255).round()
    first = cyborg_loss(batch.logits, batch.labels, batch.maps, grey)
    second = cyborg_loss(batch.logits, batch.labels, batch.maps, grey.to(torch.uint8))
    torch.testing.assert_close(first, second, atol=1e-6, rtol=0)


def test_no_human_maps_must_be_said(make_batch):
    batch = make_batch()
    with pytest.raises(InputError, match="'cyborg' needs `human_maps`"):
        cyborg_loss(batch.logits, batch.labels, batch.maps)
    none = torch.zeros(5, dtype=torch.bool)
    loss = cyborg_loss(batch.logits, batch.labels, batch.maps, None, none)
    torch.testing.assert_close(loss, 0.5 * cross_entropy_loss(batch.logits, batch.labels))
    with pytest.raises(InputError, match="`has_map` names samples with a human map"):
        cyborg_loss(batch.logits, batch.labels, batch.maps, None, ~none)


@pytest.mark.parametrize("alpha", [-0.1, 1.5, float("nan"), float("inf")])
def test_a_weight_out_of_range_is_refused(make_batch, alpha):
    batch = make_batch()
    with pytest.raises(UsageError, match=r"`alpha` to be a number in \[0, 1\]"):
        CyborgLoss(alpha=alpha)
    with pytest.raises(UsageError, match=r"`alpha` to be a number in \[0, 1\]"):
        cyborg_loss(batch.logits, batch.labels, batch.maps, batch.human_maps, alpha=alpha)
