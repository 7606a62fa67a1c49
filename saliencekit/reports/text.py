"""Names and numbers as people may read them: nothing hidden in a name, the same digits everywhere."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ..showing.names import shown

ROUNDING = 1e-12  # what is smaller is an error of the arithmetic
NOTHING = "–"
DIRECTIONS = {
    "lower": "lower is better",
    "higher": "higher is better",
    "neither": "neither end is better by itself",
}
_ABBREVIATIONS = {"ssim": "SSIM", "iou": "IoU", "auroc": "AUROC"}


def number(value: float | None) -> str:
    """Return a number with the digits that matter; ``None`` and NaN become a dash.

    >>> number(0.12345), number(-3.14159), number(1234567), number(None)
    ('0.123', '\u22123.142', '1,234,567', '–')
    """
    if value is None or not math.isfinite(value):
        return NOTHING
    if abs(value) < ROUNDING:
        value *= 0  # an integer stays one
    if isinstance(value, int):
        digits = f"{value:,d}"
    elif value and abs(value) < 0.001:
        digits = f"{value:.2g}"
    else:
        digits = f"{value:,.{3 if abs(value) < 10 else 2 if abs(value) < 100 else 1}f}"
    return digits.replace("-", "\u2212", 1) if value < 0 else digits


def interval(low: float | None, high: float | None) -> str:
    """Return an interval in brackets, or nothing where there is none.

    >>> interval(0.25, 0.5), interval(None, None)
    ('[0.250, 0.500]', '')
    """
    return "" if low is None or high is None else f"[{number(low)}, {number(high)}]"


def value_line(entry: Mapping[str, Any]) -> str:
    """Return value, interval and unit of a measure or level on one line.

    >>> value_line({"value": 3.1, "ci_low": 3.0, "ci_high": 3.2, "unit": "nats"})
    '3.100 [3.000, 3.200] nats'
    """
    parts = (
        number(entry.get("value")),
        interval(entry.get("ci_low"), entry.get("ci_high")),
        entry.get("unit") or "",
    )
    return " ".join(part for part in parts if part)


def counted(count: int, what: str, plural: str | None = None) -> str:
    """Return a count with its noun in the right number.

    >>> counted(1, "image"), counted(1200, "image"), counted(2, "class", "classes")
    ('1 image', '1,200 images', '2 classes')
    """
    return f"{count:,d} {what if count == 1 else plural or what + 's'}"


def listed(words: Sequence[str]) -> str:
    """Join words as one says them.

    >>> listed(["a"]), listed(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def shortened(words: Sequence[str], most: int) -> list[str]:
    """Return the first ``most`` of some words, and how many more there are.

    >>> shortened(["a", "b", "c", "d"], 2)
    ['a', 'b', '2 more']
    """
    return [*words[:most], *([f"{len(words) - most:,d} more"] if len(words) > most else [])]


def titled(name: str) -> str:
    """Return a measure's name as words.

    >>> titled("out_of_set"), titled("noise_ssim")
    ('Out of set', 'Noise SSIM')
    """
    words = [_ABBREVIATIONS.get(word, word) for word in shown(name).split("_")]
    return " ".join([words[0][:1].upper() + words[0][1:], *words[1:]])


def end_of_axis(value: float) -> str:
    """Return an end of an axis with no more digits than it needs.

    >>> end_of_axis(1.0), end_of_axis(3.8918)
    ('1', '3.89')
    """
    return f"{value:.3g}".replace("-", "\u2212")
