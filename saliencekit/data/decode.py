"""One image file to the pixels that a network takes: strict, quiet, and never waiting."""

from __future__ import annotations

import os
import struct
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, TypeVar

from ..errors import DataError
from .pixels import as_channels
from .regular import open_regular, system_reason
from .resizing import resized

if TYPE_CHECKING:
    from PIL import Image
    from torch import Tensor

    from ..preprocessing import Preprocessing

MAX_PIXELS = 178_956_970
"""Images of more pixels are taken for decompression bombs: Pillow's own limit, twice 1 GiB / 4 / 3."""

# What Pillow's decoders raise on damaged files: they are written against files that are whole.
_DECODER_FAULTS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    AssertionError,
    EOFError,
    RuntimeError,
    struct.error,
    zlib.error,
)
_RUNS_PROGRAMS = ("EPS", "WMF")
_ORIENTATION = 0x0112
_Used = TypeVar("_Used")


def load_image(path: str | os.PathLike[str], preprocessing: Preprocessing) -> Tensor:
    """Return the pixels of an image file, ready for the network but for scale, mean and deviation.

    Any image that Pillow reads will do; what it is comes from its content, not from its name. The first frame
    of an animation counts, EXIF orientation is applied, and channels and size are those of ``preprocessing``
    (see ``data/pixels.py``, ``data/resizing.py``).

    Returns
    -------
    Tensor
        (C, H, W), uint8, 0..255, with C and (H, W) from ``preprocessing``.

    Raises
    ------
    DataError
        In one sentence: the file is missing, empty, not regular, not permitted, no image, cut short, damaged,
        or larger than ``MAX_PIXELS``.
    """
    try:
        return decode(path, preprocessing)
    except DataError as error:
        raise DataError(f"cannot read the image {os.fspath(path)}: {error}") from error


def decode(path: str | os.PathLike[str], preprocessing: Preprocessing) -> Tensor:
    """Do what :func:`load_image` does, raising :class:`DataError` with the bare reason, without the path."""
    return decoded(path, lambda image: as_network_takes(image, preprocessing))


def as_network_takes(image: Image.Image, preprocessing: Preprocessing) -> Tensor:
    """Return an upright image as (C, H, W), uint8, with channels and size of ``preprocessing``."""
    import numpy
    import torch

    pixels = numpy.array(resized(as_channels(image, preprocessing.channels), preprocessing))
    tensor = torch.from_numpy(pixels)
    return tensor[None] if tensor.ndim == 2 else tensor.permute(2, 0, 1).contiguous()


def decoded(path: str | os.PathLike[str], use: Callable[[Image.Image], _Used]) -> _Used:
    """Return ``use(image)`` of an image file's first frame, upright and whole.

    Raises
    ------
    DataError
        With the bare reason: what :func:`load_image` refuses, or what ``use`` raises.
    """
    try:
        with open_regular(path) as stream, _strict_and_quiet():
            return use(_upright(stream))
    except PermissionError as error:
        raise DataError(system_reason(error)) from error
    except MemoryError as error:
        raise DataError("there is not enough memory to decode it") from error


@contextmanager
def _strict_and_quiet() -> Iterator[None]:
    """Silence Pillow's warnings and have cut files refused, whatever the process has set."""
    from PIL import ImageFile

    tolerated = ImageFile.LOAD_TRUNCATED_IMAGES
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = tolerated


def _upright(stream: BinaryIO) -> Image.Image:
    """Open and decode the first frame and turn it the way that its EXIF orientation says."""
    from PIL import Image, UnidentifiedImageError

    try:
        image = Image.open(stream)
        if image.format in _RUNS_PROGRAMS:
            raise DataError(f"it is {image.format}, which is drawn by running a program")
        if image.width * image.height > MAX_PIXELS:
            raise DataError(f"it has more than {MAX_PIXELS} pixels: a decompression bomb?")
        image.load()
    except DataError:
        raise
    except UnidentifiedImageError as error:
        raise DataError("its content is no image that Pillow can read") from error
    except Image.DecompressionBombError as error:
        raise DataError(f"it has more than {MAX_PIXELS} pixels: a decompression bomb?") from error
    except _DECODER_FAULTS as error:
        said = " ".join(str(error).split())[:200] or type(error).__name__
        raise DataError(f"it is cut short or damaged ({said})") from error
    turn = _turn(image)
    return image if turn is None else _turned(image, turn)


def _turn(image: Image.Image) -> Image.Transpose | None:
    """Return what brings the image upright; broken EXIF says nothing."""
    from PIL.Image import Transpose

    try:
        orientation = image.getexif().get(_ORIENTATION, 1)
    except _DECODER_FAULTS:
        return None
    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    return turns.get(orientation) if isinstance(orientation, int) else None


def _turned(image: Image.Image, turn: Image.Transpose) -> Image.Image:
    turned = image.transpose(turn)
    turned.info = image.info
    turned.format = image.format
    return turned
