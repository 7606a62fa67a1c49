"""The pictures of the report: images with their maps, by class, at the lowest, median and highest entropy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .overlay import data_uri, enlarged, overlay
from .text import NOTHING, number, shown

PLACES = ("lowest", "median", "highest")
MOST_CARDS = 36
LARGEST_SIDE = 256


@dataclass(frozen=True)
class Card:
    """One image with its map.

    Parameters
    ----------
    image
        Its name in the data.
    place
        Why it was chosen: lowest, median or highest entropy.
    picture, over
        PNG data URIs of the image as the network saw it and of the map over it; empty if the file is missing.
    label, predicted, group
        Names; empty where not known.
    wrong
        Whether label and prediction are both known and differ.
    score, entropy
        As numbers in words.
    """

    image: str
    place: str
    picture: str
    over: str
    label: str
    predicted: str
    group: str
    wrong: bool
    score: str
    entropy: str

    @property
    def alt(self) -> str:
        """What the two pictures show, in words."""
        return f"{shown(self.image)}: {self.place} entropy, {self.entropy} nats"


def chosen(entries: Sequence[Mapping[str, Any]], *, most: int = MOST_CARDS) -> dict[str, list[Mapping[str, Any]]]:
    """Return at most ``most`` entries by class, every class and place as evenly served as can be.

    >>> entries = [{"class": c, "place": p, "file": f"{c}{p}{i}"} for c in "ab" for p in PLACES for i in (0, 1)]
    >>> [entry["file"] for entry in chosen(entries, most=6)["a"]]
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
    classes: dict[str, list[Mapping[str, Any]]] = {}
    for _, _, _, entry in sorted(kept, key=lambda each: (_class(each[3]), each[0], each[2])):
        classes.setdefault(_class(entry), []).append(entry)
    return classes


def read_cards(folder: Path, entries: Sequence[Mapping[str, Any]]) -> dict[str, list[Card]]:
    """Return the cards of the gallery in ``folder`` by class.

    Parameters
    ----------
    folder
        The audit's ``gallery`` folder.
    entries
        The content of its ``gallery.json``.
    """
    return {name: [_card(folder, entry) for entry in listed] for name, listed in chosen(entries).items()}


def _card(folder: Path, entry: Mapping[str, Any]) -> Card:
    import numpy as np
    from PIL import Image

    picture = over = ""
    image_file, map_file = folder / Path(entry["file"]).name, folder / Path(entry["map"]).name
    if image_file.is_file() and map_file.is_file():
        with Image.open(image_file) as opened:
            opened.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
            pixels = np.asarray(opened.convert("L" if opened.mode in ("1", "L", "I;16") else "RGB"))
        pixels = enlarged(pixels)
        picture = data_uri(pixels)
        over = data_uri(overlay(pixels, np.load(map_file, allow_pickle=False)))
    label, predicted = entry.get("label"), entry.get("predicted")
    return Card(
        image=str(entry["image"]),
        place=str(entry.get("place")),
        picture=picture,
        over=over,
        label=_known(label),
        predicted=_known(predicted),
        group=_known(entry.get("group")),
        wrong=label is not None and predicted is not None and label != predicted,
        score=number(entry.get("score")),
        entropy=number(entry.get("entropy")),
    )


def _class(entry: Mapping[str, Any]) -> str:
    return _known(entry.get("class")) or NOTHING


def _known(name: object) -> str:
    return "" if name is None else str(name)
