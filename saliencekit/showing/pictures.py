"""From the tensors that a network takes back to pictures: 8 bits, colours last."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import InputError
from ..preprocessing import Preprocessing

if TYPE_CHECKING:
    import numpy as np

LARGEST_SIDE = 512  # pixels; larger images are made smaller to be drawn
ROUNDING = 1e-3  # by which values may lie outside [0, 1]


def as_pictures(images: Tensor, preprocessing: Preprocessing | None = None) -> np.ndarray:
    """Return images as they look: ``(N, H, W, 3)`` uint8, grey ones too; a fourth channel is left out.

    Parameters
    ----------
    images
        ``(N, C, H, W)`` with 1, 3 or 4 channels: uint8, or float in [0, 1], or normalised by ``preprocessing``.
    preprocessing
        Whose mean and deviation are undone; what lies outside [0, 1] then is cut.

    Raises
    ------
    InputError
        If ``images`` are none of these, or have values that are not finite.

    Examples
    --------
    >>> as_pictures(torch.tensor([0.0, 0.5, 1.0]).view(1, 1, 1, 3))[0, 0, :, 0].tolist()
    [0, 128, 255]
    >>> as_pictures(torch.zeros(1, 3, 1, 1), Preprocessing()).tolist()  # ImageNet's mean
    [[[[124, 116, 104]]]]
    """
    check_images(images)
    images = images.detach().cpu()
    if images.dtype == torch.uint8:
        if preprocessing is not None:
            raise InputError("expected `images` normalised by `preprocessing`, got uint8: leave `preprocessing` out")
        unit = images.float() / 255
    else:
        unit = images.float() if preprocessing is None else denormalized(images.float(), preprocessing)
        _check_values(unit, told=preprocessing is not None)
    unit = unit[:, :3].clamp(0, 1)
    longest = max(unit.shape[-2:])
    if longest > LARGEST_SIDE:
        size = [max(1, round(side * LARGEST_SIDE / longest)) for side in unit.shape[-2:]]
        unit = F.interpolate(unit, size, mode="bilinear", antialias=True).clamp(0, 1)
    colours = (unit * 255).round().to(torch.uint8).expand(-1, 3, -1, -1)
    pictures: np.ndarray = colours.permute(0, 2, 3, 1).contiguous().numpy()
    return pictures


def denormalized(images: Tensor, preprocessing: Preprocessing) -> Tensor:
    """Return normalised images (N, C, H, W) in units of [0, 1]: times the deviation, plus the mean."""
    if images.shape[1] != preprocessing.channels:
        raise InputError(
            f"expected `images` of {preprocessing.channels} channels, as `preprocessing` has, got {images.shape[1]}"
        )
    mean, std = (torch.tensor(each).view(1, -1, 1, 1).to(images) for each in (preprocessing.mean, preprocessing.std))
    return images * std + mean


def stretched(images: Tensor) -> Tensor:
    """Return float images (N, C, H, W) brought to [0, 1] by the smallest and largest value among them.

    >>> stretched(torch.tensor([-1.0, 1.0, 3.0]).view(1, 1, 1, 3)).flatten().tolist()
    [0.0, 0.5, 1.0]
    """
    finite = images.nan_to_num(0.0, 0.0, 0.0)
    low, high = finite.min(), finite.max()
    return (finite - low) / torch.where(high > low, high - low, torch.ones_like(high))


def within_unit(images: Tensor) -> bool:
    """Return whether all values of float images are finite and in [0, 1], but for rounding."""
    return bool(((images >= -ROUNDING) & (images <= 1 + ROUNDING)).all())


def check_images(images: Tensor) -> None:
    """Raise :class:`InputError` unless these are images (N, C, H, W) that can be drawn."""
    expected = "expected `images` of shape (N, C, H, W)"
    if not isinstance(images, Tensor):
        raise InputError(f"{expected}, got no tensor but {type(images).__name__}")
    shape = tuple(images.shape)
    if images.dim() == 3:
        raise InputError(f"{expected}, got {shape}: give a single image as images[None]")
    if images.dim() != 4 or 0 in shape or shape[1] not in (1, 3, 4):
        raise InputError(f"{expected} with 1, 3 or 4 channels and at least one image, got {shape}")
    if images.dtype != torch.uint8 and not images.is_floating_point():
        raise InputError(f"expected `images` as uint8 or float, got {images.dtype}")


def _check_values(unit: Tensor, *, told: bool) -> None:
    if not bool(unit.isfinite().all()):
        raise InputError("expected `images` of finite numbers, got NaN or infinity among them")
    if not told and not within_unit(unit):
        raise InputError(
            f"expected float `images` in [0, 1], got values from {float(unit.min()):.3g} to {float(unit.max()):.3g}: "
            "say with `preprocessing` how they were normalised"
        )
