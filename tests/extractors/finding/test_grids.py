"""Grids of tokens: sure ones, those that have the images' proportions, and patches joined to other tokens."""

import pytest
import torch

from saliencekit.extractors.finding.grids import Grids
from saliencekit.extractors.finding.layouts import Layout


def tokens(length):
    return torch.zeros(2, length, 5)


@pytest.mark.parametrize(
    ("grid", "known"),
    [((4, 6), True), ((6, 4), False), ((2, 12), False), ((3, 8), False), ((1, 24), False), ((24, 1), False)],
)
def test_what_is_not_sure_counts_in_the_proportions_of_the_images(grid, known):
    grids = Grids((16, 24))
    cells = grid[0] * grid[1]
    grids.hint(cells, grid, sure=False)
    assert grids.of(cells) == (grid if known else None)
    assert grids.sure(cells) is None
    grids.hint(cells, grid, sure=True)
    assert grids.of(cells) == grids.sure(cells) == grid


def test_of_two_that_are_possible_none_is_known():
    grids = Grids((13, 13))
    grids.hint(12, (4, 3), sure=False)  # 13 / 4 is 3 or 4, whichever way it is rounded
    assert grids.of(12) == (4, 3)
    grids.hint(12, (3, 4), sure=False)
    assert grids.of(12) is None


def test_without_images_only_what_is_sure_counts():
    grids = Grids(None)
    grids.hint(24, (4, 6), sure=False)
    assert grids.of(24) is None


def test_patches_are_found_among_what_they_were_joined_to():
    grids = Grids((16, 24))
    grids.hint(24, (4, 6), sure=True)
    grids.join([tokens(1), tokens(24), tokens(2)], tokens(27))
    assert grids.tokens(27) == Layout("tokens", (4, 6), 1, 27)
    grids.join([tokens(3), tokens(27)], tokens(30))
    assert grids.tokens(30, "token rows") == Layout("token rows", (4, 6), 4, 30)
    grids.join([tokens(5), tokens(7)], tokens(12))
    assert grids.tokens(12) is None
    grids.join([tokens(24), tokens(24)], tokens(24))  # along another axis
    assert grids.tokens(24) == Layout("tokens", (4, 6), 0, 24)
