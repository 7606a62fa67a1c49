"""Human maps: finding each image's by its base name, and reading one so that it lies on its image."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import DataError
from .decode import as_network_takes, decoded
from .pixels import as_channels, to_eight_bits
from .samples import Collection, Failure, identity_of
from .walk import walk_images

if TYPE_CHECKING:
    from PIL import Image
    from torch import Tensor

    from ..preprocessing import Preprocessing

ASPECT_TOLERANCE = 0.01  # of the longer side, beside the pixel that rounding a smaller map's size may cost
ALL_ONE_VALUE = "it is all one value"
OTHER_ASPECT = "its aspect is not its image's"
_BY_NAME = "/"  # before a base name; no path in a folder begins so


@dataclass(frozen=True)
class MatchedMaps:
    """A collection with the human maps of a folder, and the files there that belong to no image.

    Parameters
    ----------
    collection
        The same samples, those that have a map in the folder with its path.
    extra
        Maps without an image, by their paths in the folder.
    excluded
        What lies in the folder under an image's name and is none: dangling links, FIFOs.
    """

    collection: Collection
    extra: tuple[str, ...] = ()
    excluded: tuple[Failure, ...] = ()


def match_human_maps(collection: Collection, folder: str | os.PathLike[str]) -> MatchedMaps:
    """Give each image the map in ``folder`` that has its path without the suffix, or else its base name.

    ``maps/x.png`` is the map of ``train/1_fake/x.jpg``; where two images are called ``x``, the folder must
    repeat theirs: ``maps/train/1_fake/x.png``. An image without a map keeps the one that the table names.

    Raises
    ------
    DataError
        If the folder holds no image or none that belongs to one of the collection's, if a map fits several
        images, or if an image has several maps.
    """
    root = Path(folder)
    found = walk_images(root)
    if not found.images:
        raise DataError(f"no human map was found in {root}")
    stems = [identity_of(_stem(each)) for each in found.images]
    places = _places(collection, stems)
    chosen: dict[int, str] = {}
    extra = []
    for human_map, stem in zip(found.images, stems, strict=True):
        fitting = places.get(stem) or places.get(_BY_NAME + os.path.basename(stem)) or []
        if not fitting:
            extra.append(identity_of(human_map))
        elif len(fitting) > 1 or fitting[0] in chosen:
            raise DataError(_ambiguous(collection, root, human_map, fitting, chosen))
        else:
            chosen[fitting[0]] = human_map
    if not chosen:
        raise DataError(f"no human map in {root} has the base name of an image of {collection.source}")
    samples = tuple(
        replace(sample, human_map=root / chosen[at]) if at in chosen else sample
        for at, sample in enumerate(collection.samples)
    )
    return MatchedMaps(replace(collection, samples=samples), tuple(extra), tuple(found.excluded))


def decode_human_map(
    path: str | os.PathLike[str], preprocessing: Preprocessing, *, image_size: tuple[int, int]
) -> Tensor:
    """Return a human map at the network's size, cut out and resized as its image is.

    Parameters
    ----------
    path
        Any image that Pillow reads. Colours become grey by ITU-R 601; 16-bit and float maps are stretched
        from their own minimum to their own maximum, since only a map's shape counts.
    preprocessing
        Of the image.
    image_size
        (height, width) of the upright image, whose aspect the map must have; its size need not be the same.

    Returns
    -------
    Tensor
        (H, W), uint8, not all one value.

    Raises
    ------
    DataError
        With the bare reason: unreadable, all one value, of another aspect, not finite, transparent in places.
    """
    grey = replace(preprocessing, channels=1, mean=(0.0,), std=(1.0,))

    def use(image: Image.Image) -> Tensor:
        return as_network_takes(as_grey_map(image, image_size=image_size), grey)[0]

    human_map = decoded(path, use)
    if bool(human_map.min() == human_map.max()):
        raise DataError(f"{ALL_ONE_VALUE} in the part that the network sees")
    return human_map


def as_grey_map(image: Image.Image, *, image_size: tuple[int, int]) -> Image.Image:
    """Return a loaded map as 8-bit grey at its own size, or raise :class:`DataError` with the bare reason."""
    import numpy
    from PIL import Image

    if not same_aspect((image.height, image.width), image_size):
        height, width = image_size
        raise DataError(f"{OTHER_ASPECT}: {image.width}x{image.height} beside {width}x{height}")
    if image.mode == "F" or image.mode.startswith("I"):
        values = numpy.asarray(image).astype(numpy.float64)
        low, high = (float(values.min()), float(values.max())) if numpy.isfinite(values).all() else (0.0, 1.0)
        image = Image.fromarray(to_eight_bits(values - low, highest=(high - low) or 1.0))
    if image.has_transparency_data and image.convert("RGBA").getchannel("A").getextrema()[0] != 255:
        raise DataError("it is transparent in places, which means nothing in a map")
    grey = as_channels(image, 1)
    if len(set(grey.getextrema())) == 1:
        raise DataError(ALL_ONE_VALUE)
    return grey


def same_aspect(size: tuple[int, int], image_size: tuple[int, int]) -> bool:
    """Return whether a map of ``size`` covers an image of ``image_size``, but for rounding.

    >>> same_aspect((7, 7), (224, 224)), same_aspect((150, 113), (600, 450)), same_aspect((224, 224), (600, 450))
    (True, True, False)
    """
    (height, width), (image_height, image_width) = size, image_size
    rounding = max(image_height, image_width) * (1.0 + ASPECT_TOLERANCE * max(height, width))
    return abs(width * image_height - height * image_width) <= rounding


def _stem(relative: str) -> str:
    return os.path.splitext(relative)[0]


def _places(collection: Collection, stems: list[str]) -> dict[str, list[int]]:
    """Return the images that have one of these paths without suffix, and those that have one's base name."""
    wanted = set(stems)
    names = {os.path.basename(stem) for stem in stems}
    found: dict[str, list[int]] = {}
    for place, sample in enumerate(collection.samples):
        stem = _stem(sample.image)
        name = os.path.basename(stem)
        if stem in wanted:
            found.setdefault(stem, []).append(place)
        if name in names:
            found.setdefault(_BY_NAME + name, []).append(place)
    return found


def _ambiguous(collection: Collection, root: Path, human_map: str, fitting: list[int], chosen: dict[int, str]) -> str:
    one = collection.samples[fitting[0]].image
    if len(fitting) == 1:
        both = f"{identity_of(chosen[fitting[0]])!r} and {identity_of(human_map)!r}"
        return f"the image {one!r} has two human maps in {root}, {both}: keep one"
    return (
        f"the human map {identity_of(human_map)!r} of {root} fits {len(fitting)} images, {one!r} and"
        f" {collection.samples[fitting[1]].image!r} among them: put the maps in folders like the images', or name"
        f" them in a manifest's column human_map"
    )
