"""What every function of this room checks once at its door, and the precision in which it computes."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor

from ..errors import InputError


def check_shape(tensor: Tensor, name: str, *axes: str) -> None:
    """Raise :class:`~saliencekit.errors.InputError` unless ``tensor`` has one axis for each of ``axes``.

    Every axis but ``"N"`` (the batch, which may be empty) must have at least one element.

    >>> check_shape(torch.zeros(2, 3, 7, 7), "images", "N", "C", "H", "W")
    """
    expected = f"expected `{name}` of shape ({', '.join(axes)}{',' if len(axes) == 1 else ''})"
    if not isinstance(tensor, Tensor):
        raise InputError(f"{expected}, got no tensor but {type(tensor).__name__}")
    shape = tuple(tensor.shape)
    if len(shape) != len(axes):
        raise InputError(f"{expected}, got {shape}")
    if any(size == 0 and axis != "N" for size, axis in zip(shape, axes, strict=True)):
        raise InputError(f"{expected} with no empty axis, got {shape}")


def check_maps(maps: Tensor, name: str = "maps") -> tuple[Tensor, bool]:
    """Return ``maps`` as (N, h, w) and whether it came as a single (h, w) map.

    The values are not looked at (that would wait for the device) and the dtype is kept.

    >>> check_maps(torch.zeros(7, 7))[0].shape, check_maps(torch.zeros(7, 7))[1]
    (torch.Size([1, 7, 7]), True)
    """
    expected = f"expected `{name}` of shape (N, h, w) or (h, w)"
    if not isinstance(maps, Tensor):
        raise InputError(f"{expected}, got no tensor but {type(maps).__name__}")
    shape = tuple(maps.shape)
    if maps.dim() not in (2, 3):
        raise InputError(f"{expected}, got {shape}")
    if 0 in shape[-2:]:
        raise InputError(f"{expected} with at least one cell, got {shape}")
    if maps.is_complex():
        raise InputError(f"expected `{name}` of real numbers, got {maps.dtype}")
    return (maps[None], True) if maps.dim() == 2 else (maps, False)


def check_grid(maps: Tensor, name: str = "maps") -> None:
    """Raise :class:`~saliencekit.errors.InputError` unless ``maps`` ends in a grid of at least one cell.

    >>> check_grid(torch.zeros(45, 16, 7, 7))
    """
    expected = f"expected `{name}` of shape (..., h, w)"
    if not isinstance(maps, Tensor):
        raise InputError(f"{expected}, got no tensor but {type(maps).__name__}")
    if maps.dim() < 2 or 0 in maps.shape[-2:]:
        raise InputError(f"{expected} with at least one cell, got {tuple(maps.shape)}")


def check_pair(a: Tensor, b: Tensor) -> None:
    """Raise :class:`~saliencekit.errors.InputError` unless ``a`` and ``b`` are of one grid and broadcast.

    >>> check_pair(torch.zeros(12, 16, 7, 7), torch.zeros(16, 7, 7))
    """
    check_grid(a, "a")
    check_grid(b, "b")
    if a.shape[-2:] != b.shape[-2:] or not match(a, b):
        raise InputError(
            f"expected `a` and `b` of one grid (h, w) and matching axes before it, "
            f"got {tuple(a.shape)} and {tuple(b.shape)}"
        )


def check_mask(mask: Tensor, a: Tensor, b: Tensor) -> None:
    """Raise :class:`~saliencekit.errors.InputError` unless ``mask`` is bool, of their grid, and broadcasts with both.

    >>> check_mask(torch.ones(7, 7, dtype=torch.bool), torch.zeros(16, 7, 7), torch.zeros(16, 7, 7))
    """
    check_grid(mask, "mask")
    if mask.dtype != torch.bool or mask.shape[-2:] != a.shape[-2:] or not (match(mask, a) and match(mask, b)):
        raise InputError(
            f"expected `mask` of bool that matches maps of {tuple(a.shape)} and {tuple(b.shape)}, "
            f"got {mask.dtype} of {tuple(mask.shape)}"
        )


def match(a: Tensor, b: Tensor) -> bool:
    """Return whether the shapes of ``a`` and ``b`` broadcast.

    >>> match(torch.zeros(2, 1, 7), torch.zeros(3, 7)), match(torch.zeros(2, 7), torch.zeros(3, 7))
    (True, False)
    """
    return all(1 in both or both[0] == both[1] for both in zip(a.shape[::-1], b.shape[::-1], strict=False))


def broadcast_shapes(*shapes: torch.Size) -> torch.Size:
    """Return the shape that ``shapes``, which match, broadcast to.

    >>> broadcast_shapes(torch.Size([12, 1]), torch.Size([16]))
    torch.Size([12, 16])
    """
    return torch.Size(torch.broadcast_shapes(*shapes))  # type: ignore[no-untyped-call]


def as_float(maps: Tensor) -> Tensor:
    """Return ``maps`` in float32 at least: float64 stays, everything narrower or integer is cast.

    >>> as_float(torch.zeros(1, dtype=torch.float16)).dtype, as_float(torch.zeros(1).double()).dtype
    (torch.float32, torch.float64)
    """
    return maps if maps.dtype in (torch.float32, torch.float64) else maps.to(torch.float32)


def floating_dtype(a: Tensor, b: Tensor) -> torch.dtype:
    """Return the dtype of a result out of ``a`` and ``b``: float64 if one of them is, else float32.

    >>> floating_dtype(torch.zeros(1, dtype=torch.uint8), torch.zeros(1, dtype=torch.float16))
    torch.float32
    """
    return torch.float64 if torch.float64 in (a.dtype, b.dtype) else torch.float32


def full_precision(device: torch.device) -> AbstractContextManager[object]:
    """Return a context in which autocast does not narrow products and convolutions on ``device``."""
    if torch.amp.is_autocast_available(device.type):
        return torch.autocast(device.type, enabled=False)
    return nullcontext()
