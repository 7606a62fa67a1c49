"""What a figure of maps is checked for before it is drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import Tensor

from ..errors import InputError, UsageError, one_of
from .colours import COLORMAPS

ROWS = ("image", "overlay", "map")
SCALES = ("own", "shared")


def checked_maps(maps: Tensor, count: int, name: str) -> Tensor:
    """Return maps (N, h, w) as floats on the CPU; ``name`` is theirs where there are several kinds."""
    what = f"`maps[{name!r}]`" if name else "`maps`"
    if not isinstance(maps, Tensor):
        raise InputError(f"expected {what} of shape (N, h, w), got no tensor but {type(maps).__name__}")
    shape = tuple(maps.shape)
    if maps.dim() != 3 or 0 in shape[1:]:
        raise InputError(f"expected {what} of shape (N, h, w), got {shape}")
    if len(maps) != count:
        raise InputError(f"expected {what} to hold one map for each of {count} images, got {len(maps)}")
    if maps.is_complex():
        raise InputError(f"expected {what} of real numbers, got {maps.dtype}")
    return maps.detach().cpu().float()


def check_settings(rows: Sequence[str], scale: str, strength: float, colormap: str, per_line: int, size: float) -> None:
    """Raise :class:`UsageError` if one of the settings of a figure makes no sense."""
    check_rows(rows)
    one_of(scale, SCALES, "scale")
    one_of(colormap, COLORMAPS, "colormap")
    if not 0 <= strength <= 1:
        raise UsageError(f"expected `strength` between 0 and 1, got {strength}")
    if per_line < 1 or not (0 < size < math.inf):
        raise UsageError(f"expected `per_line` of at least 1 and a positive `size`, got {per_line} and {size}")


def check_rows(rows: Sequence[str]) -> None:
    """Raise :class:`UsageError` unless these are rows that can be drawn of an image."""
    if not rows or isinstance(rows, str):
        raise UsageError(f"expected `rows` to list some of {', '.join(ROWS)}, got {rows!r}")
    for row in rows:
        one_of(row, ROWS, "row")
