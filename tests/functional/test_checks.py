import numpy as np
import pytest
import torch

from saliencekit.errors import InputError
from saliencekit.functional._checks import (
    as_float,
    broadcast_shapes,
    check_grid,
    check_maps,
    check_pair,
    check_shape,
    floating_dtype,
    full_precision,
    match,
)


def test_maps_come_back_as_a_batch():
    single, batch = torch.rand(3, 5), torch.rand(2, 3, 5)
    maps, squeezed = check_maps(single)
    assert squeezed
    assert maps.shape == (1, 3, 5)
    maps, squeezed = check_maps(batch)
    assert not squeezed
    assert maps is batch


@pytest.mark.parametrize(
    ("maps", "message"),
    [
        (torch.zeros(3), r"expected `human_maps` of shape \(N, h, w\) or \(h, w\), got \(3,\)$"),
        (torch.zeros(1, 1, 7, 7), r"of shape \(N, h, w\) or \(h, w\), got \(1, 1, 7, 7\)$"),
        (torch.zeros(2, 0, 7), r"with at least one cell, got \(2, 0, 7\)$"),
        (torch.zeros(7, 7, dtype=torch.complex64), r"expected `human_maps` of real numbers, got torch.complex64$"),
        (np.zeros((7, 7)), r"got no tensor but ndarray$"),
    ],
)
def test_what_is_no_map_is_refused(maps, message):
    with pytest.raises(InputError, match=message):
        check_maps(maps, "human_maps")


@pytest.mark.parametrize(
    ("tensor", "axes", "message"),
    [
        (torch.zeros(3), ("N", "K"), r"expected `x` of shape \(N, K\), got \(3,\)$"),
        (torch.zeros(3, 2), ("N",), r"expected `x` of shape \(N,\), got \(3, 2\)$"),
        (torch.zeros(3, 0), ("N", "K"), r"with no empty axis, got \(3, 0\)$"),
        ([1.0], ("N",), r"got no tensor but list$"),
    ],
)
def test_what_has_other_axes_is_refused(tensor, axes, message):
    with pytest.raises(InputError, match=message):
        check_shape(tensor, "x", *axes)


def test_an_empty_batch_is_allowed():
    check_shape(torch.zeros(4, 0, 7, 7), "maps", "R", "N", "h", "w")
    assert check_maps(torch.zeros(0, 7, 7))[0].shape == (0, 7, 7)


@pytest.mark.parametrize(
    ("a", "b"), [((7, 7), (8, 8)), ((2, 7, 7), (3, 7, 7)), ((1, 1), (7, 7)), ((2, 7, 7), (2, 7, 1))]
)
def test_maps_that_do_not_pair_are_refused(a, b):
    with pytest.raises(InputError, match=r"expected `a` and `b` of one grid .*, got \("):
        check_pair(torch.zeros(a), torch.zeros(b))


def test_a_grid_needs_two_axes_and_a_cell():
    check_grid(torch.zeros(0, 3, 1, 1))
    with pytest.raises(InputError, match=r"`maps` of shape \(\.\.\., h, w\) with at least one cell, got \(7,\)"):
        check_grid(torch.zeros(7))
    with pytest.raises(InputError, match="got no tensor but float"):
        check_grid(1.0)


@pytest.mark.parametrize("shapes", [((12, 1, 7), (16, 7)), ((3, 7), (7,)), ((), (2,)), ((0, 7), (1, 7))])
def test_match_and_broadcast_agree_with_torch(shapes):
    a, b = (torch.zeros(shape) for shape in shapes)
    assert match(a, b)
    assert broadcast_shapes(a.shape, b.shape) == (a + b).shape


def test_narrow_and_whole_numbers_become_float32():
    for dtype in (torch.float16, torch.bfloat16, torch.uint8, torch.int64, torch.bool):
        assert as_float(torch.ones(1, dtype=dtype)).dtype == torch.float32
    wide = torch.ones(1, dtype=torch.float64)
    assert as_float(wide) is wide
    assert floating_dtype(wide, torch.ones(1)) == torch.float64
    assert floating_dtype(torch.ones(1), torch.ones(1, dtype=torch.uint8)) == torch.float32


def test_full_precision_lifts_autocast_and_gives_it_back():
    x = torch.rand(2, 2)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        with full_precision(x.device):
            assert (x @ x).dtype == torch.float32
        assert (x @ x).dtype == torch.bfloat16
    with full_precision(torch.device("meta")):
        pass
