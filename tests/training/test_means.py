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
    assert not means._sums["a"].requires_grad
