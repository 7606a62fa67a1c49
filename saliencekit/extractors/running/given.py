"""What an extractor can be given."""

from __future__ import annotations

from torch import Tensor

from ...errors import InputError


def check_images(images: object) -> Tensor:
    """Return ``images``, or raise :class:`InputError` unless they are (N, C, H, W), at least one, of floating point.

    >>> import torch
    >>> check_images(torch.rand(1, 3, 8, 8)).shape
    torch.Size([1, 3, 8, 8])
    """
    if not isinstance(images, Tensor) or images.dim() != 4 or images.shape[0] == 0:
        got = tuple(images.shape) if isinstance(images, Tensor) else type(images).__name__
        raise InputError(f"expected `images` of shape (N, C, H, W) with N of at least 1, got {got}")
    if not images.is_floating_point():
        raise InputError(f"expected `images` of floating point as the model takes them, got {images.dtype}")
    return images
