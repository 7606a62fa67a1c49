"""Maps are read off each layout as views, cell by cell where they belong."""

import pytest
import torch

from saliencekit.extractors.finding.layouts import CHANNELS_LAST, MAPS, Layout, cells_of

GRID = torch.arange(2 * 5 * 2 * 3.0).view(2, 5, 2, 3)


def tokens(first, after):
    return torch.cat([torch.full((2, first, 5), -1.0), GRID.flatten(2).mT, torch.full((2, after, 5), -2.0)], 1)


@pytest.mark.parametrize(
    ("layout", "kept", "dropped"),
    [
        (MAPS, GRID, 0),
        (CHANNELS_LAST, GRID.permute(0, 2, 3, 1).contiguous(), 0),
        (Layout("tokens", (2, 3), 0, 6), tokens(0, 0), 0),
        (Layout("tokens", (2, 3), 5, 11), tokens(5, 0), 5),
        (Layout("tokens", (2, 3), 1, 9), tokens(1, 2), 3),
        (Layout("token rows", (2, 3), 2, 8), tokens(2, 0).mT.contiguous(), 2),
    ],
)
def test_every_layout_gives_the_same_maps(layout, kept, dropped):
    found = layout.maps(kept)
    assert torch.equal(found, GRID)
    assert found.untyped_storage().data_ptr() == kept.untyped_storage().data_ptr()
    assert layout.fits(kept)
    assert not layout.fits(kept[0])
    if layout.tokens:
        assert layout.dropped == dropped
        assert not layout.fits(torch.cat([kept, kept], 1 if layout.kind == "tokens" else 2))


def test_cells_without_a_grid():
    assert torch.equal(cells_of(tokens(0, 0), "tokens")[..., 0], GRID.flatten(2))
    assert torch.equal(cells_of(tokens(0, 0).mT, "token rows")[..., 0], GRID.flatten(2))
    assert torch.equal(cells_of(GRID.permute(0, 2, 3, 1), "channels last"), GRID)
    assert cells_of(GRID, "maps") is GRID
