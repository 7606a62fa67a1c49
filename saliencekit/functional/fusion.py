"""Several maps of the same images made into one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor

from ..errors import InputError, one_of
from ._checks import check_maps
from .normalization import as_unit_range
from .resizing import resize_maps

FUSIONS = ("mean", "max", "product")
Fusion = Literal["mean", "max", "product"]


def fuse_maps(maps: Sequence[Tensor], *, fuse: Fusion = "mean") -> Tensor:
    """Return one map an image out of several, each brought to unit range and to the largest grid first.

    Parameters
    ----------
    maps
        Raw maps of the same N images, each (N, h, w) on a grid of its own.
    fuse
        ``"mean"`` is high where many maps are, ``"max"`` where any is, ``"product"`` where all are. A flat map is all
        zeros: it lowers a mean and empties a product.

    Returns
    -------
    Tensor
        (N, h, w) of the largest height and the largest width, float32 or float64, no unit, in [0, 1];
        differentiable. Maps are enlarged bilinearly, pixel areas aligned.

    Raises
    ------
    InputError
        If there is no map, one has another shape, or the numbers of images differ.
    UsageError
        If ``fuse`` is an unknown word.

    Examples
    --------
    >>> fuse_maps([torch.tensor([[[0.0, 4.0]]]), torch.tensor([[[3.0, 5.0]]])], fuse="product")
    tensor([[[0., 1.]]])
    >>> fuse_maps([torch.tensor([[[0.0, 2.0]]]), torch.tensor([[[1.0, 0.0, 0.0, 0.0]]])])
    tensor([[[0.5000, 0.1250, 0.3750, 0.5000]]])
    """
    one_of(fuse, FUSIONS, "fusion")
    if not maps:
        raise InputError("expected at least one map to fuse")
    for each in maps:
        check_maps(each)
    if {each.dim() for each in maps} != {3} or len({len(each) for each in maps}) != 1:
        raise InputError(f"expected maps of the same images (N, h, w), got {[tuple(each.shape) for each in maps]}")
    size = max(each.shape[1] for each in maps), max(each.shape[2] for each in maps)
    same = torch.stack([resize_maps(as_unit_range(each), size) for each in maps])
    if fuse == "mean":
        return same.mean(0)
    return same.amax(0) if fuse == "max" else same.prod(0)
