"""A salience map over its image, in colours that are read the same by nearly everyone."""

from __future__ import annotations

import base64
import io
import math
from typing import TYPE_CHECKING

import torch

from ..errors import InputError, one_of
from ..functional import as_unit_range, resize_maps
from .colours import COLORMAP, COLORMAPS

if TYPE_CHECKING:
    import numpy as np

LEAST_SIDE = 224  # smaller pictures are enlarged by whole factors before the map is laid over them

Box = tuple[int, int, int, int]
Limits = tuple[float, float]
FADED = 0.35  # share of the image that is left where the map does not reach


def overlay(
    image: np.ndarray,
    salience: np.ndarray,
    *,
    strength: float = 0.5,
    colormap: str = COLORMAP,
    box: Box | None = None,
    limits: Limits | None = None,
) -> np.ndarray:
    """Return ``image`` in grey with ``salience`` over it in colour, dark the least and light the most.

    The map is scaled to its own range, or to ``limits``, and brought to the size of what it covers bilinearly; a map
    without a range of its own, or with a value that is not finite, is all of the least colour.

    Parameters
    ----------
    image
        ``(H, W)``, ``(H, W, 1)`` or ``(H, W, 3)``, uint8.
    salience
        ``(h, w)``, raw values.
    strength
        Share of the colour, 0 (only the image) to 1 (only the map).
    colormap
        One of :data:`~saliencekit.showing.colours.COLORMAPS`.
    box
        What the map covers: left, top, right and bottom in pixels of the image, which may reach beyond it; ``None``
        for all of it. The rest of the image is faded.
    limits
        The values of the least and the most colour, where several maps share their colours; ``None`` for the map's
        own lowest and highest cell.

    Returns
    -------
    numpy.ndarray
        ``(H, W, 3)``, uint8.

    Raises
    ------
    InputError
        If a shape or dtype is not one of the above, the box lies outside the image, or the limits are no range.
    UsageError
        If there is no such colormap.

    Examples
    --------
    >>> import numpy as np
    >>> flat = overlay(np.zeros((4, 4), np.uint8), np.ones((2, 2)), strength=1.0)
    >>> flat.shape, sorted(set(flat.reshape(-1, 3)[:, 1].tolist()))  # one colour: the least
    ((4, 4, 3), [1])
    """
    import matplotlib
    import numpy as np

    one_of(colormap, COLORMAPS, "colormap")
    if image.dtype != np.uint8 or image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[2] not in (1, 3)):
        raise InputError(f"expected `image` as uint8 (H, W) or (H, W, 1 or 3), got {image.dtype} {image.shape}")
    if salience.ndim != 2 or 0 in salience.shape:
        raise InputError(f"expected `salience` of shape (h, w), got {salience.shape}")
    grey = image.reshape(*image.shape[:2], -1).astype(np.float64)
    grey = grey[..., 0] if grey.shape[2] == 1 else grey @ (0.299, 0.587, 0.114)
    large, covered = _over(in_range(salience, limits), (grey.shape[0], grey.shape[1]), box)
    colours = matplotlib.colormaps[colormap](large)[..., :3] * 255
    mixed = strength * colours + (1 - strength) * grey[covered][..., None]
    drawn = np.repeat((FADED * grey + (1 - FADED) * 255)[..., None], 3, axis=2)
    drawn[covered] = mixed
    rounded: np.ndarray = np.rint(drawn).astype(np.uint8)
    return rounded


def in_range(salience: np.ndarray, limits: Limits | None = None) -> torch.Tensor:
    """Return a map (h, w) in [0, 1]: scaled to its own range, or cut to ``limits`` and scaled to them.

    All zeros where it has a value that is not finite, or is scaled to its own range and has none.

    >>> import numpy as np
    >>> in_range(np.array([[1.0, 2.0, 3.0]]), (0.0, 2.0)).tolist()
    [[0.5, 1.0, 1.0]]
    """
    import numpy as np

    maps = torch.from_numpy(np.array(salience, dtype=np.float32))
    if limits is None:
        return as_unit_range(maps)
    low, high = limits
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise InputError(f"expected `limits` from a lower to a higher number, got {low} and {high}")
    return ((maps - low) / (high - low)).clamp(0, 1) if bool(maps.isfinite().all()) else torch.zeros_like(maps)


def _over(unit: torch.Tensor, size: tuple[int, int], box: Box | None) -> tuple[np.ndarray, tuple[slice, slice]]:
    """Return the part of a map in [0, 1] that lies on an image of ``size``, at its scale, and where it lies."""
    height, width = size
    left, top, right, bottom = box or (0, 0, width, height)
    inside = max(left, 0), max(top, 0), min(right, width), min(bottom, height)
    if inside[0] >= inside[2] or inside[1] >= inside[3]:
        raise InputError(f"expected `box` to cover a part of an image of (H, W) = {size}, got {box}")
    large = resize_maps(unit, (bottom - top, right - left)).clamp(0, 1).numpy()
    part = large[inside[1] - top : inside[3] - top, inside[0] - left : inside[2] - left]
    return part, (slice(inside[1], inside[3]), slice(inside[0], inside[2]))


def enlarged(image: np.ndarray, *, least: int = LEAST_SIDE) -> np.ndarray:
    """Return a small picture enlarged by a whole factor, each pixel a square, until its longer side is ``least``."""
    factor = max(1, -(-least // max(image.shape[:2])))
    return image.repeat(factor, axis=0).repeat(factor, axis=1)


def data_uri(image: np.ndarray) -> str:
    """Return a uint8 picture as a PNG that an ``src`` attribute can hold.

    >>> import numpy as np
    >>> data_uri(np.zeros((1, 1), np.uint8))[:22]
    'data:image/png;base64,'
    """
    from PIL import Image

    stream = io.BytesIO()
    plain = image[..., 0] if image.ndim == 3 and image.shape[2] == 1 else image
    Image.fromarray(plain).save(stream, format="PNG")
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode("ascii")


def colour_scale(*, steps: int = 9) -> str:
    """Return the colormap as a CSS gradient, least to most."""
    import matplotlib
    from matplotlib.colors import to_hex

    colours = [to_hex(matplotlib.colormaps[COLORMAP](step / (steps - 1))) for step in range(steps)]
    return f"linear-gradient(to right, {', '.join(colours)})"
