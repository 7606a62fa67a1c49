"""Recorded values in words: preprocessing, counts by level, long lists of names, durations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .text import NOTHING, counted, titled

MOST_LEVELS = 12
_KINDS = {"zero": "all zero", "constant": "of another value", "non-finite": "not finite"}
_QUANTITIES = {
    "entropy_normalized": "Entropy as a share of the maximum",
    "effective_area": "Effective area",
    "histogram_entropy": "Entropy of the grey levels",
    "score": "Score of the class explained",
    "noise_ssim": "Maps under noise",
    "auroc_of_informative_maps": "Without constant maps",
    "iou": "Overlap of the most salient cells",
    "pearson": "Pearson",
    "spearman": "Spearman",
    "score_change": "Change of the score",
    "salient_first": "Area, most salient first",
    "least_first": "Area, least salient first",
    "area_between": "Area between the two orders",
    "blur_object_score": "Score, object blurred",
    "blur_background_score": "Score, background blurred",
}


def preprocessing_line(record: Mapping[str, Any]) -> str:
    """Return the recorded preprocessing as a sentence.

    >>> preprocessing_line({"size": [56, 56], "resize": "squash", "interpolation": "bilinear", "channels": 1,
    ...     "mean": [0.5], "std": [0.25], "source": "checkpoint"})
    'to 56 × 56 by squash (bilinear), 1 channel, mean 0.5, std 0.25; from: checkpoint'
    """
    if not record:
        return "none: images taken as given"
    height, width = record["size"]
    mean, std = (_of_channels(record[key]) for key in ("mean", "std"))
    crop = f" from {record['resize_to']}" if record.get("resize_to") else ""
    size = f"to {height} × {width} by {record['resize']}{crop} ({record['interpolation']})"
    return f"{size}, {counted(record['channels'], 'channel')}, mean {mean}, std {std}; from: {record['source']}"


def quantity_words(name: str) -> str:
    """Return a quantity of a measure in words; of one that is not known, its name.

    >>> quantity_words("noise_ssim"), quantity_words("my_ssim")
    ('Maps under noise', 'My SSIM')
    """
    return _QUANTITIES.get(name) or titled(name)


def kinds_words(kinds: Mapping[str, int] | None) -> str:
    """Return what is the matter with maps that hold no salience; nothing where they are only constant.

    >>> kinds_words({"zero": 2, "constant": 1, "non-finite": 0, "one-pixel": 4}), kinds_words({"constant": 3})
    ('2 all zero, 1 of another value', '')
    """
    found = {kind: count for kind, count in (kinds or {}).items() if count and kind in _KINDS}
    if not found.keys() - {"constant"}:
        return ""
    return ", ".join(f"{count:,d} {_KINDS[kind]}" for kind, count in found.items())


def levels_words(levels: Mapping[str, int], what: str) -> list[str]:
    """Return levels with their counts; only how many there are, where they are many."""
    if not levels:
        return ["none known"]
    if len(levels) <= MOST_LEVELS:
        return [f"{name}: {count:,d}" for name, count in levels.items()]
    least, most = min(levels.values()), max(levels.values())
    span = counted(most, "image") if least == most else f"{least:,d} to {most:,d} images"
    return [f"{counted(len(levels), what)} of {span} each"]


def names_words(names: Sequence[str]) -> list[str]:
    """Return names; the first and the last, where they are many."""
    if len(names) <= MOST_LEVELS:
        return list(names) or ["not named"]
    return [f"{len(names):,d} in all", *names[:3], "…", names[-1]]


def duration_words(seconds: float | None) -> str:
    """Return seconds as minutes and seconds."""
    if seconds is None:
        return NOTHING
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{seconds:.1f} s"


def plain_words(value: object) -> str:
    """Return a recorded value as text."""
    if value is None:
        return NOTHING
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {plain_words(each)}" for name, each in value.items())
    if isinstance(value, (list, tuple)):
        return " ".join(str(each) for each in value)
    return str(value)


def _of_channels(values: Sequence[float]) -> str:
    """Return a number a channel; one alone, where it is the same of all."""
    words = [f"{each:.3g}" for each in values]
    return words[0] if len(set(words)) == 1 else ", ".join(words)
