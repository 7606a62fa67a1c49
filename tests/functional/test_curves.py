import pytest
import torch

from saliencekit.errors import InputError
from saliencekit.functional.curves import counts_at, curve_counts, tie_ends


def test_counts_by_hand():
    thresholds, hits, alarms = curve_counts(
        torch.tensor([0.2, 0.9, 0.5, 0.5, 0.1]), torch.tensor([False, True, True, False, False])
    )
    assert thresholds.tolist() == pytest.approx([0.9, 0.5, 0.2, 0.1])
    assert (hits.tolist(), alarms.tolist()) == ([1, 2, 2, 2], [0, 1, 2, 3])


def test_all_equal_is_one_threshold():
    _, hits, alarms = curve_counts(torch.full((5,), 0.5), torch.tensor([True, False, True, True, False]))
    assert (hits.tolist(), alarms.tolist()) == ([3], [2])


def test_weights_count_images_again_and_again():
    weights = torch.tensor([[1.0, 1.0, 1.0], [0.0, 2.0, 5.0]])
    ends = tie_ends(torch.tensor([3.0, 2.0, 2.0]))
    hits, alarms = counts_at(weights, torch.tensor([True, True, False]), ends)
    assert (hits.tolist(), alarms.tolist()) == ([[1, 2], [0, 2]], [[0, 1], [0, 5]])


def test_no_order_matters():
    random = torch.Generator().manual_seed(1)
    scores, labels = torch.randint(0, 6, (60,), generator=random) / 6, torch.rand(60, generator=random) < 0.4
    turned = torch.randperm(60, generator=random)
    pairs = zip(curve_counts(scores, labels), curve_counts(scores[turned], labels[turned]), strict=True)
    assert all(torch.equal(one, other) for one, other in pairs)


def test_bad_input():
    with pytest.raises(InputError, match=r"expected as many `labels` as `scores`, and one at least, got 2, 3"):
        curve_counts(torch.zeros(3), torch.zeros(2, dtype=torch.bool))
    with pytest.raises(InputError, match="got 0, 0"):
        curve_counts(torch.zeros(0), torch.zeros(0, dtype=torch.bool))
