"""A table of levels, as the page shows it: words and glyphs, nothing left to compute."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

LONG = 12  # rows up to which a table is shown whole


@dataclass(frozen=True)
class Level:
    """A row: one class, group or condition."""

    name: str
    glyph: Markup
    value: str
    interval: str
    std: str
    n: str
    degenerate: str
    extras: tuple[str, ...] = ()
    factor: str = ""


@dataclass(frozen=True)
class LevelTable:
    """The levels of one factor.

    Parameters
    ----------
    title, quantity
        What it is by, and what the values are.
    levels
        Every row, in order.
    ends
        For a long table without an order of its own: the lowest and the highest rows, to be shown at once.
    extras
        Heads of further columns.
    axis
        Ends of the axis of the glyphs, in words.
    flat
        Whether constant maps are counted.
    """

    title: str
    quantity: str
    levels: tuple[Level, ...]
    ends: tuple[Level, ...] = ()
    extras: tuple[str, ...] = ()
    axis: tuple[str, str] = ("", "")
    flat: bool = False

    @property
    def long(self) -> bool:
        """Whether the whole table is folded at first."""
        joint = any(level.factor for level in self.levels)
        return len(self.levels) > (3 * LONG if joint else LONG)
