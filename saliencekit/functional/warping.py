"""Flips, rotations and shifts of images by any amount.

x grows to the right and y downwards; a positive angle turns counter-clockwise as seen on the page.
"""

from __future__ import annotations

import math
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import InputError, one_of
from ._checks import as_float, check_shape

BORDERS = ("replicate", "zero")
DIRECTIONS = ("lr", "tb")


def flip(images: Tensor, direction: Literal["lr", "tb"]) -> Tensor:
    """Mirror ``images`` (N, C, H, W): ``"lr"`` swaps left and right, ``"tb"`` top and bottom.

    >>> flip(torch.tensor([[[[1, 2], [3, 4]]]]), "lr").tolist()
    [[[[2, 1], [4, 3]]]]
    """
    check_shape(images, "images", "N", "C", "H", "W")
    return images.flip(-1 if one_of(direction, DIRECTIONS, "direction") == "lr" else -2)


def rotate(images: Tensor, degrees: float, *, border: Literal["replicate", "zero"] = "replicate") -> Tensor:
    """Turn ``images`` (N, C, H, W) about their centre, counter-clockwise as seen for positive ``degrees``.

    Multiples of 90 degrees only move pixels: exact, any dtype, and odd ones swap height and width. Any other
    angle keeps the frame, interpolates bilinearly in float32 at least, and loses the corners.

    Raises
    ------
    InputError, UsageError
        Wrong shape or an angle that is not finite; unknown word.

    Examples
    --------
    >>> rotate(torch.tensor([[[[1, 2], [3, 4]]]]), -90).tolist()
    [[[[3, 1], [4, 2]]]]
    """
    check_shape(images, "images", "N", "C", "H", "W")
    replicate = one_of(border, BORDERS, "border") == "replicate"
    if not math.isfinite(degrees):
        raise InputError(f"expected finite `degrees`, got {degrees}")
    if degrees % 90 == 0:
        return torch.rot90(images, int(degrees // 90) % 4, (-2, -1))
    return _turn(images, degrees, replicate=replicate)


def shift(images: Tensor, dx: float, dy: float, *, border: Literal["replicate", "zero"] = "replicate") -> Tensor:
    """Move ``images`` (N, C, H, W) by ``dx`` pixels to the right and ``dy`` down.

    Whole numbers only move pixels (exact, any dtype); others interpolate linearly in float32 at least.

    Raises
    ------
    InputError, UsageError
        Wrong shape or an amount that is not finite; unknown word.

    Examples
    --------
    >>> shift(torch.tensor([[[[1, 2, 3]]]]), 1, 0).tolist()
    [[[[1, 1, 2]]]]
    >>> shift(torch.tensor([[[[1, 2, 3]]]]), -0.5, 0, border="zero").tolist()
    [[[[1.5, 2.5, 1.5]]]]
    """
    check_shape(images, "images", "N", "C", "H", "W")
    replicate = one_of(border, BORDERS, "border") == "replicate"
    if not (math.isfinite(dx) and math.isfinite(dy)):
        raise InputError(f"expected finite `dx` and `dy`, got {dx} and {dy}")
    return _shift_axis(_shift_axis(images, dy, 2, replicate=replicate), dx, 3, replicate=replicate)


def turned(
    height: int, width: int, degrees: float, *, device: torch.device, dtype: torch.dtype = torch.float32
) -> tuple[Tensor, Tensor]:
    """Return x and y, each (height, width), of where a counter-clockwise turn brings every pixel.

    The turn is about the centre of the frame; x grows to the right and y downwards, in pixels.
    """
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    x = torch.arange(width, device=device, dtype=dtype) - (width - 1) / 2
    y = torch.arange(height, device=device, dtype=dtype)[:, None] - (height - 1) / 2
    return x * cosine + y * sine + (width - 1) / 2, y * cosine - x * sine + (height - 1) / 2


def in_frame(x: Tensor, y: Tensor, height: int, width: int) -> Tensor:
    """Return where the positions (x, y) lie between the centres of the outermost pixels."""
    slack = 1e-3  # of a pixel, for the rounding of the positions
    across = (x >= -slack) & (x <= width - 1 + slack)
    return across & (y >= -slack) & (y <= height - 1 + slack)


def _turn(images: Tensor, degrees: float, *, replicate: bool) -> Tensor:
    """Turn ``images`` (N, C, H, W) counter-clockwise by bilinear interpolation, keeping the frame."""
    images = as_float(images)
    height, width = images.shape[-2:]
    # where every pixel comes from
    x, y = turned(height, width, -degrees, device=images.device, dtype=images.dtype)
    grid = torch.stack([(2 * x + 1) / width - 1, (2 * y + 1) / height - 1], dim=-1)
    return F.grid_sample(
        images,
        grid.expand(len(images), -1, -1, -1),
        mode="bilinear",
        padding_mode="border" if replicate else "zeros",
        align_corners=False,
    )


def _shift_axis(images: Tensor, amount: float, axis: int, *, replicate: bool) -> Tensor:
    """Move ``images`` by ``amount`` pixels towards higher indices of ``axis``.

    A whole amount copies values and keeps the dtype; any other is linear interpolation, in float32 at least.
    """
    whole = math.floor(amount)
    part = amount - whole
    if part == 0:
        return _shift_whole(images, whole, axis, replicate=replicate)
    images = as_float(images)
    near = _shift_whole(images, whole, axis, replicate=replicate)
    return torch.lerp(near, _shift_whole(images, whole + 1, axis, replicate=replicate), part)


def _shift_whole(images: Tensor, whole: int, axis: int, *, replicate: bool) -> Tensor:
    length = images.shape[axis]
    whole = max(-length, min(whole, length))
    kept = images.narrow(axis, max(0, -whole), length - abs(whole))
    edge = images.narrow(axis, 0 if whole > 0 else length - 1, 1)
    shape = [*images.shape]
    shape[axis] = abs(whole)
    entering = (edge if replicate else torch.zeros_like(edge)).expand(shape)
    return torch.cat([entering, kept] if whole > 0 else [kept, entering], dim=axis)
