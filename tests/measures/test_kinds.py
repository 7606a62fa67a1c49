import math

import pytest
import torch

from saliencekit.functional import cam_entropy, is_degenerate
from saliencekit.measures import Entropy
from saliencekit.measures.kinds import DEGENERATE, KINDS, count_kinds, map_kinds


def filled(*values):
    return torch.tensor([values]).reshape(1, 2, -1)


CASES = {
    "all zero": (filled(0.0, 0.0, 0.0, 0.0), "zero"),
    "zeros of both signs": (filled(0.0, -0.0, 0.0, -0.0), "zero"),
    "constant": (filled(2.5, 2.5, 2.5, 2.5), "constant"),
    "constant and negative": (filled(-1.0, -1.0, -1.0, -1.0), "constant"),
    "less than can be scaled": (filled(0.0, 1e-40, 0.0, 1e-39), "constant"),
    "NaN": (filled(0.0, math.nan, 1.0, 2.0), "non-finite"),
    "all NaN": (filled(math.nan, math.nan, math.nan, math.nan), "non-finite"),
    "infinite": (filled(0.0, 1.0, math.inf, 0.0), "non-finite"),
    "both infinities": (filled(-math.inf, 1.0, math.inf, 0.0), "non-finite"),
    "a range beyond all numbers": (filled(-3e38, 3e38, 0.0, 0.0), "non-finite"),
    "one cell above": (filled(0.0, 0.0, 4.0, 0.0), "one-pixel"),
    "one cell below": (filled(1.0, 1.0, 1.0, -4.0), "one-pixel"),
    "two cells above": (filled(0.0, 4.0, 4.0, 0.0), None),
    "one cell and a slope": (filled(0.0, 0.1, 4.0, 0.0), None),
}


@pytest.mark.parametrize("case", CASES)
def test_each_case_has_its_name(case):
    maps, expected = CASES[case]
    place = int(map_kinds(maps))
    assert (KINDS[place] if place >= 0 else None) == expected


def test_the_degenerate_ones_are_those_of_the_flat_map_rule():
    maps = torch.cat([each for each, _ in CASES.values()])
    kinds = map_kinds(maps)
    assert torch.equal((kinds >= 0) & (kinds < len(DEGENERATE)), is_degenerate(maps))


@pytest.mark.parametrize(("value", "expected"), [(0.0, "zero"), (3.0, "constant"), (math.nan, "non-finite")])
def test_a_single_cell(value, expected):
    assert KINDS[int(map_kinds(torch.full((1, 1, 1), value)))] == expected


def test_a_pixel_alone_holds_all_or_lacks_all():
    peak, dip = torch.zeros(1, 7, 7), torch.ones(1, 7, 7)
    peak[0, 3, 3], dip[0, 3, 3] = 5, 0
    assert cam_entropy(peak).item() == 0
    assert cam_entropy(dip).item() == pytest.approx(math.log(48), abs=1e-6)
    assert map_kinds(torch.cat([peak, dip])).tolist() == [3, 3]


def test_counts_by_hand():
    assert count_kinds([]) == dict.fromkeys(KINDS, 0)
    assert count_kinds(["constant", None, "one-pixel", "constant"]) == {
        "zero": 0,
        "constant": 2,
        "non-finite": 0,
        "one-pixel": 1,
    }


def test_entropy_records_the_name(extract):
    images = torch.zeros(3, 3, 56, 56)
    images[1] = 0.5
    images[2, :, :8, :8] = 1.0
    rows = Entropy()(extract, images, value_range=(0.0, 1.0))
    assert rows["degenerate_kind"].tolist() == ["zero", "constant", "one-pixel"]
    assert rows["degenerate"].tolist() == [True, True, False]
