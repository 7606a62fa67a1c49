"""The two small pictures of a card, as they stand in the page: an image, and its map in colours."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from ..showing.overlay import data_uri, overlay

if TYPE_CHECKING:
    import numpy as np

LARGEST_SIDE = 256
EXACT_SIDE = 128  # up to it a picture is kept exactly; a larger one as JPEG, which is a fifth of the size
MAP_SIDE = 56


@dataclass(frozen=True)
class Thumbnails:
    """An image and its map.

    Parameters
    ----------
    picture, colours
        Data URIs of the image as the network saw it, and of its map in colours; empty if a file is missing.
    shape
        Width over height of the picture, as CSS writes it.
    small
        Whether the picture is shown larger than it is, pixel by pixel.
    """

    picture: str = ""
    colours: str = ""
    shape: str = "1 / 1"
    small: bool = False


def read_thumbnails(image_file: Path, map_file: Path) -> Thumbnails:
    """Return the pictures of two files of a gallery; none where one of them is missing.

    Parameters
    ----------
    image_file
        A picture that Pillow reads.
    map_file
        Its raw map ``(h, w)``, as NumPy writes it.

    Raises
    ------
    InputError
        If one of them cannot be read.
    """
    import numpy as np

    if not (image_file.is_file() and map_file.is_file()):
        return Thumbnails()
    pixels, salience = _read(image_file, map_file)
    height, width = pixels.shape[:2]
    longest = max(height, width)
    side = [max(1, round(MAP_SIDE * each / longest)) for each in (height, width)]
    canvas = np.zeros(side, np.uint8)
    colours = data_uri(overlay(canvas, salience, strength=1.0))
    picture = data_uri(pixels) if longest <= EXACT_SIDE else _as_jpeg(pixels)
    return Thumbnails(picture, colours, f"{width} / {height}", longest <= EXACT_SIDE)


def _read(image_file: Path, map_file: Path) -> tuple[np.ndarray, np.ndarray]:
    import numpy as np
    from PIL import Image

    file = image_file
    try:
        with Image.open(image_file) as opened:
            opened.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
            pixels = np.asarray(opened.convert("L" if opened.mode in ("1", "L", "I;16") else "RGB"))
        file = map_file
        return pixels, np.load(map_file, allow_pickle=False)
    except (OSError, ValueError, EOFError, SyntaxError, Image.DecompressionBombError) as error:
        raise InputError(f"{file} is not what the audit wrote ({error}): run it again, or delete it") from error


def _as_jpeg(pixels: np.ndarray) -> str:
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, format="JPEG", quality=88)
    return "data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode("ascii")
