import pytest
import torch

from saliencekit.errors import InputError, UsageError
from saliencekit.showing.checking import ROWS, SCALES, check_settings, checked_maps

GOOD = {"rows": ROWS, "scale": "own", "strength": 0.5, "colormap": "viridis", "per_line": 8, "size": 1.5}


def test_maps_come_back_as_floats_that_nobody_trains_on():
    maps = torch.ones(2, 3, 3, dtype=torch.float64, requires_grad=True)
    found = checked_maps(maps, 2, "")
    assert (found.dtype, found.requires_grad) == (torch.float32, False)
    assert torch.equal(found, torch.ones(2, 3, 3))


def test_a_kind_of_maps_is_named():
    with pytest.raises(InputError, match=r"expected `maps\['cam'\]` to hold one map for each of 3 images, got 2"):
        checked_maps(torch.ones(2, 3, 3), 3, "cam")


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("strength", [0.0, 1.0])
def test_settings_at_their_ends(scale, strength):
    check_settings(**GOOD | {"scale": scale, "strength": strength, "per_line": 1})


@pytest.mark.parametrize("setting", [{"size": float("inf")}, {"size": float("nan")}, {"strength": float("nan")}])
def test_settings_that_are_no_number(setting):
    with pytest.raises(UsageError, match="expected `"):
        check_settings(**GOOD | setting)
