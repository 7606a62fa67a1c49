"""Records in pieces: what comes of them does not depend on where they were cut."""

import numpy as np
import pandas as pd
import pytest
import torch

from saliencekit.auditing.collecting import Column, by_condition, collect
from saliencekit.measures import Entropy, Equivariance

FRAME = pd.DataFrame(
    {
        "image": ["a", "a", "b", "b", "c", "c"],
        "transform": ["flip", "turn"] * 3,
        "ssim": [0.0, 1.0, 0.5, np.nan, 0.25, 0.75],
        "ssim_null": [0.1, 0.2, 0.3, 0.4, np.nan, 0.6],
        "degenerate": [False, False, True, True, False, True],
    }
)
CUTS = [[FRAME], [FRAME[:2], FRAME[2:]], [FRAME[:2], FRAME[2:4], FRAME[4:]]]


@pytest.mark.parametrize("pieces", CUTS)
def test_images_and_levels_by_hand(pieces):
    found = collect(Equivariance(), pieces)
    assert found.images["ssim"].tolist() == [0.5, 0.5, 0.5]  # of b, what there is
    assert list(found.images.index) == ["a", "b", "c"]
    assert list(found.levels) == [("flip",), ("turn",)]
    flip, turn = found.levels.values()
    assert (flip.numbers().tolist(), turn.numbers().tolist()) == ([0.0, 0.5, 0.25], [1.0, 0.75])
    assert (flip.degenerate, turn.degenerate) == (1, 2)  # also of the one without a number
    assert torch.allclose(turn.null_numbers(), torch.tensor([0.2, 0.6], dtype=torch.float64))
    assert flip.null_numbers().isnan().tolist() == [False, False, True]


def test_a_measure_without_conditions_has_no_levels():
    frame = pd.DataFrame({"image": ["a", "b"], "entropy": [1.0, 3.0], "degenerate": [False, True]})
    found = collect(Entropy(), [frame[:1], frame[1:]])
    assert found.levels == {}
    assert found.images["entropy"].tolist() == [1.0, 3.0]


@pytest.mark.parametrize("cut", [0, 1, 3, 6])
def test_rows_by_condition_whatever_the_cut(cut):
    found = by_condition([FRAME[:cut], FRAME[cut:]], ["transform"], ["ssim", "of before"])
    assert list(found) == [("flip",), ("turn",)]
    assert found[("flip",)]["ssim"].tolist() == [0.0, 0.5, 0.25]
    assert list(found[("turn",)].columns) == ["ssim"]
    assert found[("turn",)]["ssim"].dtype == np.float32


def test_missing_conditions_are_one_level():
    frame = pd.DataFrame({"guide": [np.nan, "map", np.nan], "level": [0.0, 0.5, 0.0], "score": [1.0, 2.0, 3.0]})
    found = by_condition([frame[:1], frame[1:]], ["guide", "level"], ["score"])
    assert {key: each["score"].tolist() for key, each in found.items()} == {("", 0.0): [1.0, 3.0], ("map", 0.5): [2.0]}


def test_an_empty_column_is_an_empty_tensor():
    assert Column().numbers().shape == Column().null_numbers().shape == (0,)
    assert Column().numbers().dtype == torch.float64
