"""From any mode of Pillow's to 8-bit grey, RGB or RGBA, without clipping."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import DataError

if TYPE_CHECKING:
    import numpy
    from PIL import Image

MODES = {1: "L", 3: "RGB", 4: "RGBA"}
BACKGROUND = (255, 255, 255)
"""What shows through where an image is transparent: white, as on a page."""
_WIDE = ("I", "F", "I;16", "I;16L", "I;16B", "I;16N")
_SIXTEEN_BIT_FORMATS = ("PNG", "PPM")


def as_channels(image: Image.Image, channels: int) -> Image.Image:
    """Return a loaded image in 8 bits with 1, 3 or 4 channels.

    Transparency is composited over :data:`BACKGROUND`, so that colours hidden under it never show; with 4
    channels it is kept as the fourth. Grey is made of RGB by ITU-R 601. CMYK is read by Pillow with Adobe's
    inversion undone. Colour profiles are not applied, as the usual training pipelines do not apply them.
    16-bit and 32-bit pixels are scaled, see :func:`to_eight_bits`.

    Raises
    ------
    DataError
        With the bare reason, if the pixels have no meaning as an image (not finite, unknown mode).
    """
    from PIL import Image

    if image.mode in _WIDE:
        image = _narrowed(image)
    if image.mode == "LAB":
        image = _from_lab(image)
    try:
        if image.mode == "La":
            image = image.convert("LA")
        if image.has_transparency_data:
            image = image.convert("RGBA")
            if channels != 4:
                image = Image.alpha_composite(Image.new("RGBA", image.size, (*BACKGROUND, 255)), image)
                image = image.convert("RGB")
        elif image.mode not in ("1", "L") or channels != 1:
            image = image.convert("RGB")
        return image if image.mode == MODES[channels] else image.convert(MODES[channels])
    except ValueError as error:
        raise DataError(f"its mode {image.mode} cannot be converted ({error})") from error


def to_eight_bits(values: numpy.ndarray[Any, Any], *, highest: float | None = None) -> numpy.ndarray[Any, Any]:
    """Scale pixels to 0..255 and round half to even.

    Parameters
    ----------
    values
        (H, W), integers or floats of any range.
    highest
        The value that means white. Without it, the first that fits of: 1 for floats in [0, 1], 255, 65535;
        values beyond, or below 0, are stretched from their own minimum to their own maximum.

    Raises
    ------
    DataError
        With the bare reason, if a pixel is NaN or infinite.

    >>> import numpy
    >>> to_eight_bits(numpy.array([[0, 32768, 65535]]))
    array([[  0, 128, 255]], dtype=uint8)
    >>> to_eight_bits(numpy.array([[0.0, 0.5, 1.0]]))
    array([[  0, 128, 255]], dtype=uint8)
    """
    import numpy

    floats = numpy.issubdtype(values.dtype, numpy.floating)
    if floats and not numpy.isfinite(values).all():
        raise DataError("it has pixels that are NaN or infinite")
    low, high = float(values.min()), float(values.max())
    if highest is None:
        steps = (1.0, 255.0, 65535.0) if floats else (255.0, 65535.0)
        fitting = [step for step in steps if high <= step] if low >= 0 else []
        low, highest = (0.0, fitting[0]) if fitting else (low, high)
    else:
        low = 0.0
    scaled = (values.astype(numpy.float64) - low) * (255.0 / ((highest - low) or 1.0))
    rounded: numpy.ndarray[Any, Any] = numpy.rint(scaled.clip(0.0, 255.0)).astype(numpy.uint8)
    return rounded


def _narrowed(image: Image.Image) -> Image.Image:
    import numpy
    from PIL import Image

    values = numpy.asarray(image)
    sixteen = image.mode.startswith("I;16") or (image.mode == "I" and image.format in _SIXTEEN_BIT_FORMATS)
    grey = Image.fromarray(to_eight_bits(values, highest=65535.0 if sixteen else None))
    hidden = image.info.get("transparency")
    if isinstance(hidden, int):
        alpha = Image.fromarray(numpy.where(values == hidden, 0, 255).astype(numpy.uint8))
        return Image.merge("LA", (grey, alpha))
    return grey


def _from_lab(image: Image.Image) -> Image.Image:
    from PIL import ImageCms

    try:
        lab, rgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(image, lab, rgb, outputMode="RGB")
    except (ImageCms.PyCMSError, ImportError) as error:
        raise DataError(f"its CIELAB colours cannot be converted ({error})") from error
    if converted is None:
        raise DataError("its CIELAB colours cannot be converted")
    return converted
