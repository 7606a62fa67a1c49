"""Pictures in rows and columns under their titles, with the scale of the colours below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
LETTER, LONGEST = 0.085, 6.0  # inches that a letter of the heading takes, and that are given to a heading
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
    """What the colours mean: words at the dark and at the light end, and remarks in lines below."""

    low: str
    high: str
    remarks: tuple[str, ...] = ()
    colormap: str = COLORMAP

    @property
    def start(self) -> float:
        """Where the scale begins, in inches from the left."""
        return MARGIN + SIGN * len(self.low) + 0.1

    @property
    def width(self) -> float:
        """Inches that the scale and all words take."""
        return MARGIN + max([self.start + KEY + SIGN * len(self.high), *(SIGN * len(each) for each in self.remarks)])


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
        All with the same number of cells, and pictures of one aspect.
    rows
        Names of the rows, at the left; none where there are none.
    key
        The scale of the colours, at the bottom.
    heading
        Above all.
    size
        Width of a picture in inches.
    """
    plan = _plan(columns, named=any(rows), heading=heading, size=size)
    lines, across = -(-len(columns) // per_line), min(per_line, len(columns))
    words = min(LONGEST, 2 * MARGIN + LETTER * len(heading))
    width = max(plan.left + across * (size + GAP) - GAP + MARGIN, words, 0.0 if key is None else key.width)
    height = plan.top + lines * plan.line + (0.24 + LINE * len(key.remarks) if key else 0.0)
    with plain_style():
        figure = NotebookFigure(figsize=(width, height), facecolor="white")
        if heading:
            line = shorten(heading, length=int((width - 2 * MARGIN) / LETTER + 0.01))
            figure.text(MARGIN / width, 1 - MARGIN / height, line, va="top", fontsize=10, color=INK)
        for place, column in enumerate(columns):
            corner = plan.left + (place % per_line) * (size + GAP), plan.top + place // per_line * plan.line
            _paint_column(figure, column, plan, corner, rows if place % per_line == 0 else ())
        if key is not None:
            _paint_key(figure, key)
    return figure


@dataclass(frozen=True)
class _Plan:
    """Where things stand, in inches from the upper left.

    Parameters
    ----------
    size, tall
        Width and height of a picture.
    titles
        Lines of the longest title.
    notes
        Which rows have words below.
    left, top
        Of the first column.
    """

    size: float
    tall: float
    titles: int
    notes: tuple[bool, ...]
    left: float
    top: float

    @property
    def line(self) -> float:
        """Height of a line of columns."""
        return LINE * self.titles + sum(self.tall + GAP + LINE * note for note in self.notes) + 2 * GAP


def _plan(columns: Sequence[Column], *, named: bool, heading: str, size: float) -> _Plan:
    first = next(cell for column in columns for cell in column.cells if cell is not None)
    rows = zip(*(each.cells for each in columns), strict=True)
    return _Plan(
        size=size,
        tall=size * first.picture.shape[0] / first.picture.shape[1],
        titles=max(len(each.title.splitlines()) for each in columns),
        notes=tuple(any(cell is not None and cell.below for cell in row) for row in rows),
        left=MARGIN + (0.2 if named else 0.0),
        top=MARGIN + (0.3 if heading else 0.0),
    )


def _paint_column(
    figure: NotebookFigure, column: Column, plan: _Plan, corner: tuple[float, float], rows: Sequence[str]
) -> None:
    width, height = figure.get_size_inches()
    room = int(plan.size / SIGN)
    left, above = corner
    lines = column.title.splitlines()
    for number, words in enumerate(lines, start=plan.titles - len(lines) + 1):
        spot = left / width, 1 - (above + LINE * number - 0.05) / height
        figure.text(*spot, shorten(words, length=room), fontsize=8, color=INK)
    above += LINE * plan.titles
    for number, cell in enumerate(column.cells):
        if cell is not None:
            box = (left / width, 1 - (above + plan.tall) / height, plan.size / width, plan.tall / height)
            _paint(figure.add_axes(box), cell, room)
        if number < len(rows) and rows[number]:
            style: dict[str, Any] = {"fontsize": 8, "color": MUTED, "rotation": 90, "va": "center", "ha": "right"}
            name = shorten(rows[number], length=int(plan.tall / SIGN))
            figure.text((left - 0.06) / width, 1 - (above + plan.tall / 2) / height, name, **style)
        above += plan.tall + GAP + LINE * plan.notes[number]


def _paint(axes: Axes, cell: Cell, room: int) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.imshow(cell.picture, aspect="auto", interpolation="antialiased" if cell.fine else "nearest")
    axes.set_xlabel(shorten(cell.below, length=room), fontsize=8, color=MUTED, labelpad=3)


def _paint_key(figure: NotebookFigure, key: Key) -> None:
    import numpy as np

    width, height = figure.get_size_inches()
    middle = 0.14 + LINE * len(key.remarks)
    style: dict[str, Any] = {"fontsize": 8, "color": MUTED}
    axes = figure.add_axes((key.start / width, (middle - 0.05) / height, KEY / width, 0.1 / height))
    axes.imshow(np.linspace(0, 1, 256)[None], aspect="auto", cmap=key.colormap, vmin=0, vmax=1)
    axes.set_axis_off()
    baseline = (middle - 0.04) / height
    figure.text(MARGIN / width, baseline, key.low, **style)
    figure.text((key.start + KEY + 0.08) / width, baseline, key.high, **style)
    for number, words in enumerate(key.remarks, start=1):
        figure.text(MARGIN / width, (middle - 0.04 - LINE * number) / height, words, **style)
