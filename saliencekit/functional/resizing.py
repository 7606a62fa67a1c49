"""Maps at another size: a human map on the grid of the model's, a model's map at the size of its image."""

from __future__ import annotations

from typing import Literal

import torch.nn.functional as F
from torch import Tensor

from ..errors import InputError, one_of
from ._checks import as_float, check_maps

RESIZE_MODES = ("nearest", "bilinear", "bicubic")


def resize_maps(
    maps: Tensor, size: tuple[int, int], *, mode: Literal["nearest", "bilinear", "bicubic"] = "bilinear"
) -> Tensor:
    """Return the maps at ``size``, pixel areas aligned (``align_corners=False``).

    Parameters
    ----------
    maps
        ``(N, h, w)`` or ``(h, w)``.
    size
        (height, width) of the result.
    mode
        ``"bicubic"`` overshoots the range of the map; the others do not.

    Returns
    -------
    Tensor
        ``(N, *size)`` or ``size``, in float32 at least. Where a side shrinks, ``"bilinear"`` and
        ``"bicubic"`` average over all of the pixels that a new one covers (as Pillow does), instead of
        reading four or sixteen of them.

    Raises
    ------
    InputError, UsageError
        Wrong shape or size; unknown word.

    Examples
    --------
    >>> import torch
    >>> resize_maps(torch.tensor([[0.0, 1.0]]), (1, 4)).tolist()
    [[0.0, 0.25, 0.75, 1.0]]
    """
    batch, single = check_maps(maps)
    if len(size) != 2 or min(size) < 1:
        raise InputError(f"expected `size` of two positive numbers, got {tuple(size)}")
    word = "nearest-exact" if one_of(mode, RESIZE_MODES, "resize mode") == "nearest" else mode
    smooth = mode != "nearest"
    shrinks = size[0] < batch.shape[-2] or size[1] < batch.shape[-1]
    resized = F.interpolate(
        as_float(batch)[:, None],
        size,
        mode=word,
        align_corners=False if smooth else None,
        antialias=smooth and shrinks,
    )[:, 0]
    return resized[0] if single else resized
