"""Recorded values in words: preprocessing, counts by level, long lists of names, durations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .text import NOTHING, counted

MOST_LEVELS = 8


def preprocessing_line(record: Mapping[str, Any]) -> str:
    """Return the recorded preprocessing as a sentence.

    >>> preprocessing_line({"size": [56, 56], "resize": "squash", "interpolation": "bilinear", "channels": 1,
    ...     "mean": [0.5], "std": [0.25], "source": "checkpoint"})
    'to 56 × 56 by squash (bilinear), 1 channel, mean 0.5, std 0.25; from: checkpoint'
    """
    if not record:
        return "none: images taken as given"
    height, width = record["size"]
    mean, std = (", ".join(f"{each:g}" for each in record[key]) for key in ("mean", "std"))
    crop = f" from {record['resize_to']}" if record.get("resize_to") else ""
    size = f"to {height} × {width} by {record['resize']}{crop} ({record['interpolation']})"
    return f"{size}, {counted(record['channels'], 'channel')}, mean {mean}, std {std}; from: {record['source']}"


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
