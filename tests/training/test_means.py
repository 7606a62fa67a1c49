import pytest
import torch

from saliencekit.training.means import EpochMeans


def test_means_are_over_images_not_over_batches():
    means = EpochMeans()
    means.add({"a": torch.tensor(10.0), "b": torch.tensor(2.0)}, 4)
    means.add({"a": torch.tensor(0.0), "b": torch.tensor(1.0)}, 1)
    assert means.take() == {"a": 2.0, "b": pytest.approx(0.6)}
    assert means.take() == {}


def test_counts_stay_exact():
    means = EpochMeans()
    for _ in range(21):
        means.add({"accuracy": torch.tensor(7.0)}, 10)
    assert means.take()["accuracy"] == 147 / 210


def test_no_graph_is_kept():
    means = EpochMeans()
    means.add({"a": torch.ones((), requires_grad=True) * 2}, 1)
    assert not means.state_dict()["sums"]["a"].requires_grad


def test_half_an_epoch_can_be_saved():
    whole, first, second = EpochMeans(), EpochMeans(), EpochMeans()
    values = torch.rand(9, generator=torch.Generator().manual_seed(0))
    for place, value in enumerate(values):
        whole.add({"a": value}, 2)
        (first if place < 4 else second).add({"a": value}, 2)
        if place == 3:
            second.load_state_dict(first.state_dict())
    assert second.take() == whole.take()


def test_clearing_forgets():
    means = EpochMeans()
    means.add({"a": torch.tensor(1.0)}, 1)
    means.clear()
    assert means.take() == {}
