"""A number at a glance: value, interval and null value on one small axis."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, TypeGuard

from markupsafe import Markup, escape

from .text import end_of_axis, interval, number

WIDTH, MIDDLE, EDGE = 220.0, 12.0, 8.0
_MARKS = ("value", "ci_low", "ci_high", "null")


def axis_of(entries: Iterable[Mapping[str, Any]], *, top: float | None = None) -> tuple[float, float]:
    """Return the ends of an axis that holds every value, interval and null value.

    The axis begins at 0 unless something lies below, and ends at ``top``, or at 1 for what stays below 1.

    Parameters
    ----------
    entries
        With the keys value, ci_low, ci_high and null, each a number, None, or not there.
    top
        The largest possible value, where that is not 1.

    >>> axis_of([{"value": 0.4, "null": -0.1}]), axis_of([{"value": 2.0}], top=3.9)
    ((-0.1, 1.0), (0.0, 3.9))
    """
    numbers = _numbers(entries)
    low = min([0.0, *numbers])
    high = max([1.0 if top is None else top, *numbers])
    return math.floor(low * 10) / 10, float(high)


def close_axis(entries: Iterable[Mapping[str, Any]]) -> tuple[float, float]:
    """Return the ends of an axis just wide enough for the rows of a table to be told apart.

    >>> close_axis([{"value": 3.0, "ci_low": 2.5, "ci_high": 3.5}])
    (2.4, 3.6)
    """
    numbers = _numbers(entries)
    low, high = min(numbers, default=0.0), max(numbers, default=1.0)
    step = _step(high - low or abs(high) or 1.0)
    first, last = math.floor(low / step - 0.5) * step, math.ceil(high / step + 0.5) * step
    first, last = (0.0 if first < 0 <= low else first), (1.0 if last > 1 >= high else last)
    return round(first, 12), round(last, 12)


def difference_axis(entries: Iterable[Mapping[str, Any]]) -> tuple[float, float]:
    """Return the ends of an axis for differences, zero in its middle.

    >>> difference_axis([{"value": 0.2, "ci_low": 0.1, "ci_high": 0.25}])
    (-0.26, 0.26)
    """
    reach = max((abs(each) for each in _numbers(entries)), default=0.0) or 1.0
    step = _step(reach)
    reach = round(math.ceil(reach / step + 0.5) * step, 12)
    return -reach, reach


def interval_glyph(entry: Mapping[str, Any], axis: tuple[float, float], *, ends: bool = True) -> Markup:
    """Return an SVG of one value on ``axis``: a dot, a bar for its interval, a diamond for its null value.

    Parameters
    ----------
    entry
        With the keys value, ci_low, ci_high and null, each a number, None, or not there.
    axis
        Ends of the axis, as from :func:`axis_of`.
    ends
        Whether the ends of the axis are written under it.
    """
    value, low, high, null = (entry.get(mark) for mark in _MARKS)
    if not _is_number(value):
        return Markup("")
    parts = [f'<line class="axis" x1="{EDGE}" x2="{WIDTH - EDGE}" y1="{MIDDLE}" y2="{MIDDLE}"/>']
    parts += [
        f'<line class="axis" x1="{x}" x2="{x}" y1="{MIDDLE - 4}" y2="{MIDDLE + 4}"/>' for x in (EDGE, WIDTH - EDGE)
    ]
    if _is_number(low) and _is_number(high):
        left, right = _place(low, axis), _place(high, axis)
        parts.append(
            f'<rect class="ci" x="{left - 1:.1f}" y="{MIDDLE - 5}" width="{right - left + 2:.1f}" height="10" rx="2"/>'
        )
    if _is_number(null):
        x = _place(null, axis)
        diamond = f"M{x:.1f} {MIDDLE - 6}l6 6l-6 6l-6 -6z"
        parts.append(f'<path class="null" d="{diamond}"/>')
    parts.append(f'<circle class="value" cx="{_place(value, axis):.1f}" cy="{MIDDLE}" r="4"/>')
    if ends:
        parts.append(f'<text x="2" y="30">{end_of_axis(axis[0])}</text>')
        parts.append(f'<text x="{WIDTH - 2}" y="30" text-anchor="end">{end_of_axis(axis[1])}</text>')
    label = escape(_in_words(entry, axis))
    box = f'viewBox="0 0 {WIDTH:.0f} {32 if ends else 24}"'
    return Markup(f'<svg class="glyph" {box} role="img" aria-label="{label}">{"".join(parts)}</svg>')


def _in_words(entry: Mapping[str, Any], axis: tuple[float, float]) -> str:
    words = f"{number(entry['value'])} {interval(entry.get('ci_low'), entry.get('ci_high'))}".strip()
    if _is_number(entry.get("null")):
        words += f", null value {number(entry['null'])}"
    return f"{words}, on an axis from {end_of_axis(axis[0])} to {end_of_axis(axis[1])}"


def _place(value: float, axis: tuple[float, float]) -> float:
    share = (value - axis[0]) / (axis[1] - axis[0])
    return EDGE + (WIDTH - 2 * EDGE) * min(max(share, 0.0), 1.0)


def _numbers(entries: Iterable[Mapping[str, Any]]) -> list[float]:
    return [entry[mark] for entry in entries for mark in _MARKS if _is_number(entry.get(mark))]


def _step(span: float) -> float:
    """Return the grid on which an axis of that span ends: a fifth of its power of ten."""
    return 10.0 ** math.floor(math.log10(span)) / 5


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and math.isfinite(value)
