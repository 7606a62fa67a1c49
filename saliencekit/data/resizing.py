"""Bringing an image to a network's input size, by Pillow and by the rule of the Preprocessing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

    from ..preprocessing import Preprocessing


_LARGEST_WHOLE = 4096 * 4096


def resized(image: Image.Image, preprocessing: Preprocessing) -> Image.Image:
    """Return the image at ``preprocessing.size``.

    ``"squash"`` resizes to the size whatever the aspect. ``"crop"`` resizes the shorter side to ``resize_to``
    and cuts the centre out, to the byte as torchvision's ``Resize`` and ``CenterCrop`` do; where ``resize_to``
    is shorter than the size asked for, the rest is black. Of an image so long that the whole would have more
    than 4096 x 4096 pixels, only the part that is kept is computed (within 1 grey level of the other way), so
    that one of 65500x1 pixels costs no more than another.
    """
    from PIL import Image

    method = Image.Resampling[preprocessing.interpolation.upper()]
    height, width = preprocessing.size
    if preprocessing.resize == "squash":
        return image.resize((width, height), method)
    whole = _whole(image.size, preprocessing.resize_to or min(preprocessing.size))
    left, cut_width, pad_left = _centre(whole[0], width)
    top, cut_height, pad_top = _centre(whole[1], height)
    if whole[0] * whole[1] <= _LARGEST_WHOLE:
        cut = image.resize(whole, method).crop((left, top, left + cut_width, top + cut_height))
    else:
        across, down = image.width / whole[0], image.height / whole[1]
        right = min((left + cut_width) * across, image.width)
        bottom = min((top + cut_height) * down, image.height)
        cut = image.resize((cut_width, cut_height), method, box=(left * across, top * down, right, bottom))
    if cut.size == (width, height):
        return cut
    canvas = Image.new(image.mode, (width, height))
    canvas.paste(cut, (pad_left, pad_top))
    return canvas


def _whole(size: tuple[int, int], shorter: int) -> tuple[int, int]:
    """Width and height after the shorter side became ``shorter``; the longer is rounded down."""
    width, height = size
    if width <= height:
        return shorter, int(shorter * height / width)
    return int(shorter * width / height), shorter


def _centre(available: int, wanted: int) -> tuple[int, int, int]:
    """Start and length of the cut on one axis, and where it begins on the canvas."""
    if available >= wanted:
        return round((available - wanted) / 2.0), wanted, 0
    return 0, available, (wanted - available) // 2
