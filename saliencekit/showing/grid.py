"""Pictures in rows and columns under their titles, with the scale of the colours below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from .colours import COLORMAP
from .names import shorten
from .notebook import NotebookFigure, plain_style

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes

INK, MUTED = "#1d2228", "#5c646d"
GAP, LINE, MARGIN = 0.08, 0.16, 0.1  # inches: between pictures, of a line of text, around all
SIGN = 0.068  # inches that a letter of the titles takes
KEY = 1.2  # inches of the scale of colours


@dataclass(frozen=True)
class Cell:
    """A picture, ``(H, W, 3)`` uint8, and what stands below it; ``fine`` is drawn smoothly, else cell by cell."""

    picture: np.ndarray
    below: str = ""
    fine: bool = True


@dataclass(frozen=True)
class Column:
    """What is drawn of one image: a title, in lines, and a cell a row; None leaves the place empty."""

    title: str
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True)
class Key:
    """What the colours mean: words at the dark and at the light end, and a remark behind them."""

    low: str
    high: str
    remark: str = ""
    colormap: str = COLORMAP


def grid_figure(
    columns: Sequence[Column],
    *,
    rows: Sequence[str] = (),
    key: Key | None = None,
    heading: str = "",
    per_line: int = 8,
    size: float = 1.5,
) -> NotebookFigure:
    """Return a figure with a column an image; where there are more than ``per_line``, they go on below.

    Parameters
    ----------
    columns
        All with the same number of cells, and pictures of one shape ``(H, W)`` in their first cells.
    rows
        Names of the rows, at the left; none where there are none.
    key
        The scale of the colours, at the bottom.
    heading
        Above all.
    size
        Width of a picture in inches.
    """
    across = min(per_line, len(columns))
    lines = -(-len(columns) // per_line)
    plan = _Plan.of(columns, lines=lines, named=any(rows), heading=heading, key=key, size=size)
    width = max(plan.left + across * (size + GAP) - GAP + MARGIN, 3.4 if key else 0.0)
    with plain_style():
        figure = NotebookFigure(figsize=(width, plan.height), facecolor="white")
        if heading:
            figure.text(MARGIN / width, 1 - MARGIN / plan.height, shorten(heading, length=int(width / 0.085)), **_HEAD)
        for place, column in enumerate(columns):
            left = plan.left + (place % per_line) * (size + GAP)
            plan.paint(figure, column, left, place // per_line, rows if place % per_line == 0 else ())
        if key is not None:
            _paint_key(figure, key)
    return figure


_HEAD: dict[str, Any] = {"va": "top", "ha": "left", "fontsize": 10, "color": INK}


@dataclass(frozen=True)
class _Plan:
    """Where things stand, in inches from the upper left."""

    size: float
    tall: float  # of a picture
    titles: int  # lines of the longest title
    notes: tuple[bool, ...]  # which rows have words below
    left: float
    top: float
    height: float

    @classmethod
    def of(
        cls, columns: Sequence[Column], *, lines: int, named: bool, heading: str, key: Key | None, size: float
    ) -> _Plan:
        first = next(cell for column in columns for cell in column.cells if cell is not None)
        tall = size * first.picture.shape[0] / first.picture.shape[1]
        titles = max(len(column.title.split("\n")) if column.title else 0 for column in columns)
        notes = tuple(
            any(cell is not None and cell.below for cell in row)
            for row in zip(*(each.cells for each in columns), strict=True)
        )
        top = MARGIN + (0.28 if heading else 0.0)
        each = cls(size, tall, titles, notes, MARGIN + (0.2 if named else 0.0), top, 0.0).line
        return cls(
            size,
            tall,
            titles,
            notes,
            MARGIN + (0.2 if named else 0.0),
            top,
            top + lines * each + (0.32 if key else 0.04),
        )

    @property
    def line(self) -> float:
        """Height of a line of columns."""
        return LINE * self.titles + 0.04 + sum(self.tall + GAP + LINE * note for note in self.notes) + GAP

    def paint(self, figure: Any, column: Column, left: float, line: int, rows: Sequence[str]) -> None:
        width, room = figure.get_size_inches()[0], int(self.size / SIGN)
        above = self.top + line * self.line
        words = [shorten(each, length=room) for each in column.title.split("\n")] if column.title else []
        above += LINE * self.titles
        figure.text(
            left / width, 1 - above / self.height, "\n".join(words), va="bottom", fontsize=8, color=INK, linespacing=1.2
        )
        above += 0.04
        for number, cell in enumerate(column.cells):
            box = (left / width, 1 - (above + self.tall) / self.height, self.size / width, self.tall / self.height)
            if cell is not None:
                _paint(figure.add_axes(box), cell, room)
            if len(rows) > number:
                middle = 1 - (above + self.tall / 2) / self.height
                name = shorten(rows[number], length=int(self.tall / SIGN))
                figure.text(
                    (left - 0.06) / width, middle, name, rotation=90, va="center", ha="right", fontsize=8, color=MUTED
                )
            above += self.tall + GAP + LINE * self.notes[number]


def _paint(axes: Axes, cell: Cell, room: int) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.imshow(cell.picture, aspect="auto", interpolation="antialiased" if cell.fine else "nearest")
    axes.set_xlabel(shorten(cell.below, length=room), fontsize=8, color=MUTED, labelpad=3)


def _paint_key(figure: Any, key: Key) -> None:
    import numpy as np

    width, height = figure.get_size_inches()
    middle, left = 0.17 / height, MARGIN
    style: dict[str, Any] = {"va": "center_baseline", "fontsize": 8, "color": MUTED}
    figure.text(left / width, middle, key.low, **style)
    left += SIGN * len(key.low) + 0.08
    axes = figure.add_axes((left / width, (0.17 - 0.05) / height, KEY / width, 0.1 / height))
    axes.imshow(np.linspace(0, 1, 256)[None], aspect="auto", cmap=key.colormap, vmin=0, vmax=1)
    axes.set_axis_off()
    left += KEY + 0.08
    figure.text(left / width, middle, "   ".join(each for each in (key.high, key.remark) if each), **style)
