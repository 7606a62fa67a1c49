"""The transforms of the equivariance measure, and how a map of the result is brought back upright."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from ..errors import UsageError
from ._checks import check_maps, check_shape
from .resizing import resize_maps
from .warping import flip, in_frame, rotate, shift, turned

__all__ = [
    "TRANSFORMS",
    "Transform",
    "apply_transform",
    "flip",
    "invert_transform",
    "resize_maps",
    "rotate",
    "shift",
]

REFERENCE_SIZE = 224  # the image size, in pixels, that shifts of a Transform are given for

_NUMBER = r"[+-]?\d+(?:\.\d+)?"
_ROTATION = re.compile(rf"rotate({_NUMBER})")
_SHIFT = re.compile(rf"shift\(({_NUMBER}),({_NUMBER})\)")


@dataclass(frozen=True)
class Transform:
    """One way to move an image; :meth:`named` makes it from its name.

    Parameters
    ----------
    name
        ``"flip-lr"``, ``"flip-tb"``, ``"rotate+90"`` (degrees, counter-clockwise positive) or
        ``"shift(+16,0)"`` (pixels of a 224 px image to the right and down).
    kind
        ``"flip"``, ``"rotate"`` or ``"shift"``.
    amount
        ``(degrees,)`` of a rotation, ``(dx, dy)`` of a shift, ``(1, 0)`` of the left-right and ``(0, 1)``
        of the top-bottom flip.
    """

    name: str
    kind: Literal["flip", "rotate", "shift"]
    amount: tuple[float, ...]

    @classmethod
    def named(cls, name: str) -> Transform:
        """Return the transform called ``name``; any angle and any shift have a name.

        Raises
        ------
        UsageError
            The name is none of the four forms.

        Examples
        --------
        >>> Transform.named("rotate-7.5").amount, Transform.named("shift(+16,-8)").amount
        ((-7.5,), (16.0, -8.0))
        """
        if name in ("flip-lr", "flip-tb"):
            return cls(name, "flip", (1.0, 0.0) if name == "flip-lr" else (0.0, 1.0))
        if match := _ROTATION.fullmatch(name):
            return cls(name, "rotate", (float(match[1]),))
        if match := _SHIFT.fullmatch(name):
            return cls(name, "shift", (float(match[1]), float(match[2])))
        raise UsageError(
            f"unknown transform {name!r}: expected flip-lr, flip-tb, rotate and degrees like rotate-7.5, "
            f"or shift and pixels like shift(+16,0)"
        )


_SHIFTS = ("+16,0", "-16,0", "0,+16", "0,-16", "+16,+16", "+16,-16", "-16,+16", "-16,-16")
_NAMES = ("flip-lr", "flip-tb", "rotate+90", "rotate-90", *(f"shift({each})" for each in _SHIFTS))
TRANSFORMS = tuple(Transform.named(name) for name in _NAMES)
"""The twelve of Crum et al. 2023 (``crum2023explain``)."""


def apply_transform(
    images: Tensor, transform: Transform, *, border: Literal["replicate", "zero"] = "replicate"
) -> Tensor:
    """Return the images moved by ``transform``.

    Parameters
    ----------
    images
        ``(N, C, H, W)``.
    transform
        A shift is scaled with the image: 16 px of 224 are ``round(16 * W / 224)`` px of this one, at least 1,
        always whole; down likewise with ``H``.
    border
        What comes in at the border: the outermost pixels repeated, or zeros.

    Returns
    -------
    Tensor
        ``(N, C, H, W)``; ``(N, C, W, H)`` after a rotation by an odd multiple of 90 degrees.

    Raises
    ------
    InputError, UsageError
        Wrong shape; unknown word.

    Examples
    --------
    >>> import torch
    >>> apply_transform(torch.tensor([[[[1, 2], [3, 4]]]]), Transform.named("rotate+90")).tolist()
    [[[[2, 4], [1, 3]]]]
    """
    check_shape(images, "images", "N", "C", "H", "W")
    if transform.kind == "flip":
        return flip(images, "lr" if transform.amount[0] else "tb")
    if transform.kind == "rotate":
        return rotate(images, transform.amount[0], border=border)
    dx, dy = _scaled(transform, images.shape[-2], images.shape[-1])
    return shift(images, dx, dy, border=border)


def invert_transform(maps: Tensor, transform: Transform) -> tuple[Tensor, Tensor]:
    """Bring maps of transformed images back upright, and say which of their pixels mean anything.

    Parameters
    ----------
    maps
        ``(N, H, W)`` or ``(H, W)``, at the size of the transformed images (see :func:`resize_maps`).
    transform
        What was applied to the images.

    Returns
    -------
    upright : Tensor
        The maps in the frame of the images before the transform. Equal to the maps of those images, where
        ``mask`` is true, if the network moves its maps along: exactly for flips, quarter turns and shifts,
        to bilinear interpolation for other angles.
    mask : Tensor
        ``(H, W)`` bool of the upright frame, false where the pixel left the frame of the transformed image;
        there ``upright`` repeats the nearest border and should be left out of any comparison.

    Raises
    ------
    InputError
        Wrong shape.

    Examples
    --------
    >>> import torch
    >>> upright, mask = invert_transform(torch.tensor([[5, 5, 6, 7]]), Transform.named("shift(+16,0)"))
    >>> upright.tolist(), mask.tolist()
    ([[5, 6, 7, 7]], [[True, True, True, False]])
    """
    batch, single = check_maps(maps)
    images = batch[:, None]
    angle, dx, dy = 0.0, 0, 0
    if transform.kind == "flip":
        upright = flip(images, "lr" if transform.amount[0] else "tb")
    elif transform.kind == "rotate":
        angle = transform.amount[0]
        upright = rotate(images, -angle)
    else:
        dx, dy = _scaled(transform, images.shape[-2], images.shape[-1])
        upright = shift(images, -dx, -dy)
    # Where the transform brought every pixel of the upright frame; quarter turns and flips lose none.
    height, width = upright.shape[-2:]
    x, y = turned(height, width, angle if angle % 90 else 0.0, device=maps.device)
    mask = in_frame(x + dx, y + dy, height, width)
    return (upright[0, 0] if single else upright[:, 0]), mask


def _scaled(transform: Transform, height: int, width: int) -> tuple[int, int]:
    """Return a shift in whole pixels of an image of this size."""
    sides = zip(transform.amount, (width, height), strict=True)
    dx, dy = (
        int(math.copysign(max(1, round(abs(each) * side / REFERENCE_SIZE)), each)) if each else 0
        for each, side in sides
    )
    return dx, dy
