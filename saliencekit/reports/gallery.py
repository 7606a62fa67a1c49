"""The pictures of the report: images with their maps, as cards that can be sorted and filtered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..showing.names import shown
from .text import NOTHING, number
from .thumbnails import Thumbnails, read_thumbnails

PLACES = ("lowest", "median", "highest", "wrong")
MOST_CARDS = 96
_CHOSEN_FOR = {
    "lowest": "lowest entropy of its class",
    "median": "median entropy of its class",
    "highest": "highest entropy of its class",
    "wrong": "confidently wrong",
    "alone": "the only one here of its class",
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
    pictures
        The image as the network saw it, and its map.
    name
        Of the class it is shown under: its label, else what was predicted.
    label, predicted, group
        Names; empty where not known.
    right
        ``"right"``, ``"wrong"``, or empty where label or prediction are not known.
    score, entropy
        Numbers.
    alone
        Whether the gallery has no other image of its class: then it is the extreme of nothing.
    """

    image: str
    place: str
    pictures: Thumbnails
    name: str
    label: str
    predicted: str
    group: str
    right: str
    score: float
    entropy: float
    alone: bool = False

    @property
    def alt(self) -> str:
        """What the picture shows, in words."""
        return f"{shown(self.image)}, {self.chosen_for}: entropy {number(self.entropy)} nats"

    @property
    def chosen_for(self) -> str:
        """Why it is in the gallery."""
        return _CHOSEN_FOR.get("alone" if self.alone and self.place != "wrong" else self.place, self.place)


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
    classes = Counter(_class(entry) for entry in entries)
    cards = (_card(folder, entry, alone=classes[_class(entry)] == 1) for entry in kept)
    return Gallery(tuple(cards), len(entries) - len(kept))


def _card(folder: Path, entry: Mapping[str, Any], *, alone: bool) -> Card:
    label, predicted = entry.get("label"), entry.get("predicted")
    known = label is not None and predicted is not None
    return Card(
        image=str(entry["image"]),
        place=str(entry.get("place")),
        pictures=read_thumbnails(folder / Path(entry["file"]).name, folder / Path(entry["map"]).name),
        name=_class(entry),
        label=_known(label),
        predicted=_known(predicted),
        group=_known(entry.get("group")),
        right=("right" if label == predicted else "wrong") if known else "",
        score=float(entry.get("score") or 0.0),
        entropy=float(entry.get("entropy") or 0.0),
        alone=alone,
    )


def _class(entry: Mapping[str, Any]) -> str:
    return _known(entry.get("class")) or NOTHING


def _known(name: object) -> str:
    return "" if name is None else str(name)
