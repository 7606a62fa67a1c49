import pytest
import torch

from saliencekit.errors import UsageError
from saliencekit.losses import HsebLoss, cross_entropy_loss, hseb_loss


def transcription(literal, batch, alpha, present, human_entropy=None):
    entropy = literal.mean(map(literal.cross_entropy, batch.logits.tolist(), batch.labels.tolist()))
    model = literal.mean(literal.entropy(batch.maps.tolist()[i]) for i in present)
    if human_entropy is None:
        human_entropy = literal.mean(literal.entropy(batch.human_maps.tolist()[i]) for i in present)
    return alpha * entropy + (1 - alpha) * (model - human_entropy) ** 2


@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.parametrize("alpha", [0.5, 0.9])
def test_equals_the_literal_formula(literal, make_batch, k, alpha):
    batch = make_batch(k=k)
    loss = hseb_loss(batch.logits, batch.labels, batch.maps, batch.human_maps, alpha=alpha)
    assert loss.item() == pytest.approx(transcription(literal, batch, alpha, range(5)), abs=1e-9)


def test_batch_means_come_first(literal, make_batch):
    batch = make_batch(n=2)
    swapped = batch.human_maps.flip(0)
    first = hseb_loss(batch.logits, batch.labels, batch.maps, batch.human_maps, alpha=0.0)
    assert first == hseb_loss(batch.logits, batch.labels, batch.maps, swapped, alpha=0.0)


def test_samples_without_a_map_are_left_out_of_both_means(literal, make_batch):
    batch = make_batch()
    has_map = torch.tensor([False, True, True, False, True])
    human = torch.where(has_map[:, None, None], batch.human_maps, torch.nan)
    maps = batch.maps.clone().requires_grad_()
    loss = hseb_loss(batch.logits, batch.labels, maps, human, has_map)
    assert loss.item() == pytest.approx(transcription(literal, batch, 0.5, [1, 2, 4]), abs=1e-9)
    loss.backward()
    assert torch.isfinite(maps.grad).all()
    assert (maps.grad[[0, 3]] == 0).all()


def test_a_known_human_entropy_needs_no_maps(literal, make_batch):
    batch = make_batch()
    loss = hseb_loss(batch.logits, batch.labels, batch.maps, human_entropy=3.0)
    assert loss.item() == pytest.approx(transcription(literal, batch, 0.5, range(5), 3.0), abs=1e-9)
    some = torch.tensor([True, False, False, False, False])
    settings = HsebLoss(human_entropy=3.0)
    assert settings(batch.logits, batch.labels, batch.maps, batch.human_maps, some) == loss


def test_nothing_is_left_without_any_human_map(make_batch):
    batch = make_batch()
    none = torch.zeros(5, dtype=torch.bool)
    maps = batch.maps.clone().requires_grad_()
    loss = hseb_loss(batch.logits, batch.labels, maps, batch.human_maps, none)
    torch.testing.assert_close(loss.detach(), 0.5 * cross_entropy_loss(batch.logits, batch.labels))
    loss.backward()
    assert (maps.grad == 0).all()


def test_a_negative_human_entropy_is_refused():
    with pytest.raises(UsageError, match=r"`human_entropy` to be a finite number of at least 0, got -1"):
        HsebLoss(human_entropy=-1)
