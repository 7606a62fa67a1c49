"""One look at every image and human map of a collection: what can be read, and what it is."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy

from ..devices import decoding_processes
from ..errors import DataError
from .decode import decoded
from .human_maps import ALL_ONE_VALUE, OTHER_ASPECT, as_grey_map
from .packing import PackedTexts
from .parallel import chunks, in_workers
from .pixels import as_channels
from .samples import Collection

if TYPE_CHECKING:
    from PIL import Image

CHUNK = 64  # images that a worker looks at for one message
DIGEST = 16  # bytes; with a billion images, two of which no two are alike collide with a chance of 1e-21
USABLE, FLAT, ASPECT, UNREADABLE = "usable", "all one value", "other aspect", "unreadable"


@dataclass(frozen=True)
class Look:
    """What was seen, a few bytes an image.

    Parameters
    ----------
    good
        (N,), bool: which images can be read.
    digests
        (N, 16), uint8: BLAKE2b of the decoded pixels, upright, in 8-bit RGB, and of their size.
    failures
        Why the others cannot, by place in the collection.
    kinds
        For ``"size"``, ``"mode"`` and ``"format"``: how many readable images have which, by label.
    maps
        How many human maps are usable, all one value, of another aspect or unreadable, by split.
    map_failures
        Kind and reason of those that are not usable, by place.
    """

    good: numpy.ndarray[Any, Any]
    digests: numpy.ndarray[Any, Any]
    failures: dict[int, str] = field(default_factory=dict)
    kinds: dict[str, Counter[tuple[str, int | None]]] = field(default_factory=dict)
    maps: Counter[tuple[str | None, str]] = field(default_factory=Counter)
    map_failures: dict[int, tuple[str, str]] = field(default_factory=dict)


class Glance(NamedTuple):
    """One image: why it cannot be read, or its digest, size, mode and format; its map's kind and reason."""

    failure: str | None = None
    digest: bytes = b""
    size: tuple[int, int] = (0, 0)
    mode: str = ""
    format: str = ""
    map_kind: str | None = None
    map_reason: str = ""


def look_at(collection: Collection, *, workers: int = -1) -> Look:
    """Decode every image and human map once, in worker processes."""
    samples = collection.samples
    count = len(samples)
    look = Look(numpy.zeros(count, dtype=bool), numpy.zeros((count, DIGEST), dtype=numpy.uint8))
    look.kinds.update({word: Counter() for word in ("size", "mode", "format")})
    files = _Files(collection)
    place = 0
    for glances in in_workers(files, chunks(count, CHUNK), workers=decoding_processes(workers, count)):
        for glance in glances:
            _note(look, place, glance, samples[place].label, samples[place].split)
            place += 1
    return look


def _note(look: Look, place: int, glance: Glance, label: int | None, split: str | None) -> None:
    if glance.failure is not None:
        look.failures[place] = glance.failure
    else:
        look.good[place] = True
        look.digests[place] = numpy.frombuffer(glance.digest, dtype=numpy.uint8)
        height, width = glance.size
        look.kinds["size"][f"{width}x{height}", label] += 1
        look.kinds["mode"][glance.mode, label] += 1
        look.kinds["format"][glance.format, label] += 1
    if glance.map_kind is not None:
        look.maps[split, glance.map_kind] += 1
        if glance.map_kind != USABLE:
            look.map_failures[place] = (glance.map_kind, glance.map_reason)


class _Files:
    """The paths of images and maps; an item is what a chunk of them turns out to be."""

    def __init__(self, collection: Collection) -> None:
        self.images = PackedTexts(sample.path for sample in collection.samples)
        self.maps = PackedTexts(sample.human_map for sample in collection.samples)

    def __getitem__(self, chunk: Sequence[int]) -> list[Glance]:
        return [_glance(self.images[place], self.maps[place]) for place in chunk]


def _glance(image: str, human_map: str) -> Glance:
    try:
        glance = decoded(image, _seen)
    except DataError as error:
        return Glance(failure=str(error))
    if not human_map:
        return glance
    try:
        decoded(human_map, lambda each: as_grey_map(each, image_size=glance.size))
    except DataError as error:
        reason = str(error)
        kind = FLAT if reason == ALL_ONE_VALUE else ASPECT if reason.startswith(OTHER_ASPECT) else UNREADABLE
        return glance._replace(map_kind=kind, map_reason=reason)
    return glance._replace(map_kind=USABLE)


def _seen(image: Image.Image) -> Glance:
    size = (image.height, image.width)
    digest = hashlib.blake2b(repr(size).encode(), digest_size=DIGEST)
    mode, name = image.mode, image.format or "unknown"
    digest.update(as_channels(image, 3).tobytes())
    return Glance(None, digest.digest(), size, mode, name)
