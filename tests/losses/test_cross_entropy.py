import math

import pytest
import torch
from torch.nn import functional as F

from saliencekit.errors import InputError
from saliencekit.losses import CrossEntropyLoss, cross_entropy_loss


@pytest.mark.parametrize("k", [1, 2, 5])
def test_equals_the_literal_formula(literal, make_batch, k):
    batch = make_batch(k=k)
    each = [
        literal.cross_entropy(row, label)
        for row, label in zip(batch.logits.tolist(), batch.labels.tolist(), strict=True)
    ]
    assert cross_entropy_loss(batch.logits, batch.labels).item() == pytest.approx(literal.mean(each), abs=1e-9)
    values = cross_entropy_loss(batch.logits, batch.labels, reduction="none")
    assert values.tolist() == pytest.approx(each, abs=1e-9)


def test_equals_torch(make_batch):
    batch = make_batch(k=4)
    expected = F.cross_entropy(batch.logits, batch.labels, reduction="sum")
    torch.testing.assert_close(cross_entropy_loss(batch.logits, batch.labels, reduction="sum"), expected)


def test_one_logit_is_the_logit_of_class_one():
    logits, labels = torch.tensor([[2.0], [2.0]]), torch.tensor([1, 0])
    values = cross_entropy_loss(logits, labels, reduction="none")
    assert values.tolist() == pytest.approx([math.log(1 + math.exp(-2)), math.log(1 + math.exp(2))])
    pair = torch.cat([torch.zeros(2, 1), logits], dim=1)
    torch.testing.assert_close(values, cross_entropy_loss(pair, labels, reduction="none"))


def test_huge_logits_stay_finite():
    assert cross_entropy_loss(torch.tensor([[1e30, -1e30]]), torch.tensor([0])).item() == 0
    assert cross_entropy_loss(torch.tensor([[1e30]]), torch.tensor([1])).item() == 0
    assert torch.isfinite(cross_entropy_loss(torch.tensor([[1e30]]), torch.tensor([0])))


def test_maps_are_not_looked_at(make_batch):
    batch = make_batch()
    loss = CrossEntropyLoss()
    poisoned = torch.full_like(batch.maps, torch.nan)
    assert loss(batch.logits, batch.labels, poisoned) == loss(batch.logits, batch.labels)


@pytest.mark.parametrize(
    ("logits", "labels", "message"),
    [
        (torch.zeros(2), torch.zeros(2).long(), r"`logits` of shape \(N, K\), got \(2,\)"),
        (torch.zeros(0, 2), torch.zeros(0).long(), r"`logits` of shape \(N, K\), got \(0, 2\)"),
        (torch.zeros(2, 2), torch.zeros(3).long(), r"integer `labels` of shape \(2,\), got \(3,\)"),
        (torch.zeros(2, 2), torch.zeros(2), r"integer `labels` of shape \(2,\), got \(2,\) of torch.float32"),
        (torch.zeros(1, 2), torch.tensor([2]), r"`labels` from 0 to 1, got 2"),
        (torch.zeros(1, 1), torch.tensor([2]), r"`labels` from 0 to 1, got 2"),
        (torch.zeros(1, 3), torch.tensor([-1]), r"`labels` from 0 to 2, got -1"),
    ],
)
def test_what_does_not_fit_is_said(logits, labels, message):
    with pytest.raises(InputError, match=message):
        cross_entropy_loss(logits, labels)


def test_bool_labels_are_classes():
    logits = torch.tensor([[0.0, 1.0], [0.0, 1.0]])
    as_bool = cross_entropy_loss(logits, torch.tensor([True, False]))
    assert as_bool == cross_entropy_loss(logits, torch.tensor([1, 0]))
