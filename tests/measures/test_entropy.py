import math

import pytest
import torch

from saliencekit import measures


def test_rows_by_hand(extract):
    images = torch.zeros(3, 1, 56, 56)
    images[0, :, :8, :8] = 1  # one cell of 7x7
    images[1, :, :8, :32] = 1  # four cells
    rows = measures.Entropy()(extract, images)  # the third is constant
    assert rows["entropy"].tolist() == pytest.approx([0.0, math.log(4), math.log(49)], abs=1e-6)
    assert rows["effective_area"].tolist() == pytest.approx([1, 4, 49], rel=1e-5)
    assert rows["entropy_normalized"].tolist() == pytest.approx([0, math.log(4) / math.log(49), 1], abs=1e-6)
    assert rows["degenerate"].tolist() == [False, False, True]
    # the score is the probability of class 1: sigmoid of the mean brightness
    assert rows["score"].tolist() == pytest.approx(
        [torch.sigmoid(torch.tensor(each / 49)).item() for each in (1, 4, 0)]
    )
    assert rows["image"].tolist() == [0, 1, 2]


def test_no_view_is_asked_for(extract, images):
    measures.Entropy()(extract, images)
    assert len(extract.calls) == 1


def test_a_map_of_one_cell():
    from .conftest import Brightness

    rows = measures.Entropy()(Brightness(block=8), torch.rand(2, 1, 8, 8))
    assert rows["entropy"].tolist() == [0, 0]
    assert rows["entropy_normalized"].tolist() == [0, 0]
