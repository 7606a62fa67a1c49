"""The pictures of the report: images with their maps, as cards that can be sorted and filtered."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..showing.names import shown
from ..showing.overlay import data_uri, overlay
from .text import NOTHING, number

if TYPE_CHECKING:
    import numpy as np

PLACES = ("lowest", "median", "highest", "wrong")
MOST_CARDS = 96
LARGEST_SIDE = 256
EXACT_SIDE = 128  # up to it a picture is kept exactly; a larger one as JPEG, which is a fifth of the size
MAP_SIDE = 56
_CHOSEN_FOR = {
    "lowest": "lowest entropy of its class",
    "median": "median entropy of its class",
    "highest": "highest entropy of its class",
    "wrong": "confidently wrong",
}


@dataclass(frozen=True)
class Card:
    """One image with its map.

    Parameters
    ----------
    image
        Its name in the data.
    place
        Why it was chosen: lowest, median or highest entropy, or wrong.
    picture, colours
        Data URIs of the image as the network saw it, and of its map in colours; empty if a file is missing.
    shape
        Width over height of the picture, as CSS writes it.
    small
        Whether the picture is shown larger than it is, pixel by pixel.
    name
        Of the class it is shown under: its label, else what was predicted.
    label, predicted, group
        Names; empty where not known.
    right
        ``"right"``, ``"wrong"``, or empty where label or prediction are not known.
    score, entropy
        Numbers.
    """

    image: str
    place: str
    picture: str
    colours: str
    shape: str
    small: bool
    name: str
    label: str
    predicted: str
    group: str
    right: str
    score: float
    entropy: float

    @property
    def alt(self) -> str:
        """What the picture shows, in words."""
        return f"{shown(self.image)}, {self.chosen_for}: entropy {number(self.entropy)} nats"

    @property
    def chosen_for(self) -> str:
        """Why it is in the gallery."""
        return _CHOSEN_FOR.get(self.place, self.place)


@dataclass(frozen=True)
class Gallery:
    """The cards of a page and what they can be filtered by.

    Parameters
    ----------
    cards
        In order: by class, then turn, then place.
    left_out
        How many further images lie in the audit's ``gallery`` folder.
    """

    cards: tuple[Card, ...]
    left_out: int

    def words(self, field: str) -> list[str]:
        """Return what cards have in a field (``name``, ``group``, ``place``, ``right``), sorted, none of it empty."""
        found = {str(getattr(card, field)) for card in self.cards} - {""}
        return [each for each in PLACES if each in found] if field == "place" else sorted(found)


def chosen(entries: Sequence[Mapping[str, Any]], *, most: int = MOST_CARDS) -> list[Mapping[str, Any]]:
    """Return at most ``most`` entries in order of class, every class and place as evenly served as can be.

    >>> entries = [{"class": c, "place": p, "file": f"{c}{p}{i}"} for c in "ab" for p in PLACES[:3] for i in (0, 1)]
    >>> [entry["file"] for entry in chosen(entries, most=6)][:3]
    ['alowest0', 'amedian0', 'ahighest0']
    """
    seen: dict[tuple[str, str], int] = {}
    turns = []
    for order, entry in enumerate(entries):
        key = (_class(entry), str(entry.get("place")))
        seen[key] = turn = seen.get(key, -1) + 1
        place = PLACES.index(key[1]) if key[1] in PLACES else len(PLACES)
        turns.append((turn, order, place, entry))
    kept = sorted(turns, key=lambda each: each[:2])[:most]
    return [entry for _, _, _, entry in sorted(kept, key=lambda each: (_class(each[3]), each[0], each[2]))]


def read_gallery(folder: Path, entries: Sequence[Mapping[str, Any]], *, most: int = MOST_CARDS) -> Gallery:
    """Return the gallery of an audit.

    Parameters
    ----------
    folder
        The audit's ``gallery`` folder.
    entries
        The content of its ``gallery.json``.
    most
        How many images the page may show.
    """
    kept = chosen(entries, most=most)
    return Gallery(tuple(_card(folder, entry) for entry in kept), len(entries) - len(kept))


def _card(folder: Path, entry: Mapping[str, Any]) -> Card:
    picture, colours, shape, small = _pictures(folder / Path(entry["file"]).name, folder / Path(entry["map"]).name)
    label, predicted = entry.get("label"), entry.get("predicted")
    known = label is not None and predicted is not None
    return Card(
        image=str(entry["image"]),
        place=str(entry.get("place")),
        picture=picture,
        colours=colours,
        shape=shape,
        small=small,
        name=_class(entry),
        label=_known(label),
        predicted=_known(predicted),
        group=_known(entry.get("group")),
        right=("right" if label == predicted else "wrong") if known else "",
        score=float(entry.get("score") or 0.0),
        entropy=float(entry.get("entropy") or 0.0),
    )


def _pictures(image_file: Path, map_file: Path) -> tuple[str, str, str, bool]:
    """Return picture and coloured map as data URIs, the picture's shape, and whether it is small."""
    import numpy as np
    from PIL import Image

    if not (image_file.is_file() and map_file.is_file()):
        return "", "", "1 / 1", False
    with Image.open(image_file) as opened:
        opened.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
        pixels = np.asarray(opened.convert("L" if opened.mode in ("1", "L", "I;16") else "RGB"))
    height, width = pixels.shape[:2]
    longest = max(height, width)
    side = [max(1, round(MAP_SIDE * each / longest)) for each in (height, width)]
    canvas = np.zeros(side, np.uint8)
    colours = data_uri(overlay(canvas, np.load(map_file, allow_pickle=False), strength=1.0))
    picture = data_uri(pixels) if longest <= EXACT_SIDE else _as_jpeg(pixels)
    return picture, colours, f"{width} / {height}", longest <= EXACT_SIDE


def _as_jpeg(pixels: np.ndarray) -> str:
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, format="JPEG", quality=88)
    return "data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode("ascii")


def _class(entry: Mapping[str, Any]) -> str:
    return _known(entry.get("class")) or NOTHING


def _known(name: object) -> str:
    return "" if name is None else str(name)
