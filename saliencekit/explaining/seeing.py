"""One image file, seen twice: as the network takes it, and as a person looks at it, with what the first covers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..data.decode import as_network_takes, decoded
from ..data.pixels import as_channels
from ..preprocessing import Preprocessing
from ..showing.overlay import Box, enlarged

if TYPE_CHECKING:
    import os

    import numpy as np
    from PIL import Image
    from torch import Tensor

LARGEST_SIDE = 768  # pixels of a picture; larger photographs are made smaller to be drawn


@dataclass(frozen=True)
class Seen:
    """An image that could be read.

    Parameters
    ----------
    pixels
        (C, H, W), uint8, as the network takes them but for scale, mean and deviation.
    picture
        (height, width, 3), uint8: the whole photograph upright, at most :data:`LARGEST_SIDE` pixels long, small ones
        enlarged.
    size
        (width, height) of the photograph in its file.
    box
        Left, top, right, bottom of what the network saw, in pixels of the picture; it may reach beyond it.
    """

    pixels: Tensor
    picture: np.ndarray
    size: tuple[int, int]
    box: Box


def see(path: str | os.PathLike[str], preprocessing: Preprocessing) -> Seen:
    """Read an image file once, for the network and for the eye.

    Raises
    ------
    DataError
        With the bare reason, if it cannot be read.
    """
    return decoded(path, lambda image: _seen(image, preprocessing))


def _seen(image: Image.Image, preprocessing: Preprocessing) -> Seen:
    import numpy as np

    picture = as_channels(image, 3)
    if max(picture.size) > LARGEST_SIDE:
        share = LARGEST_SIDE / max(picture.size)
        picture = picture.resize((max(1, round(image.width * share)), max(1, round(image.height * share))))
    drawn = enlarged(np.asarray(picture))
    left, top, right, bottom = seen_part(image.size, preprocessing)
    across, down = drawn.shape[1] / image.width, drawn.shape[0] / image.height
    box = round(left * across), round(top * down), round(right * across), round(bottom * down)
    return Seen(as_network_takes(image, preprocessing), drawn, image.size, _of_some_size(box))


def _of_some_size(box: Box) -> Box:
    left, top, right, bottom = box
    return left, top, max(right, left + 1), max(bottom, top + 1)


def seen_part(size: tuple[int, int], preprocessing: Preprocessing) -> tuple[float, float, float, float]:
    """Return the left, top, right and bottom of what a network sees of a photograph.

    Parameters
    ----------
    size
        (width, height) of the photograph.
    preprocessing
        How it is brought to the network's size.

    Returns
    -------
    tuple of float
        In pixels of the photograph, beyond it where the network sees a black margin.

    Examples
    --------
    >>> seen_part((400, 200), Preprocessing(size=(100, 100), resize="crop"))
    (100.0, 0.0, 300.0, 200.0)
    >>> seen_part((400, 200), Preprocessing(size=(100, 100)))
    (0.0, 0.0, 400.0, 200.0)
    """
    width, height = size
    if preprocessing.resize == "squash":
        return 0.0, 0.0, float(width), float(height)
    shorter = preprocessing.resize_to or min(preprocessing.size)
    whole = (shorter, int(shorter * height / width)) if width <= height else (int(shorter * width / height), shorter)
    left, right = _cut(whole[0], preprocessing.size[1])
    top, bottom = _cut(whole[1], preprocessing.size[0])
    across, down = width / whole[0], height / whole[1]
    return left * across, top * down, right * across, bottom * down


def _cut(available: int, wanted: int) -> tuple[int, int]:
    """Return where the cut from the centre begins and ends on one axis; before 0 where there is a margin."""
    start = round((available - wanted) / 2.0) if available >= wanted else -((wanted - available) // 2)
    return start, start + wanted
