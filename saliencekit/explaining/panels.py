"""Pictures side by side under their titles, with the scale of the colours: one PNG, without Matplotlib's delay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from ..showing.colours import COLORMAP
from ..showing.names import shown

if TYPE_CHECKING:
    import numpy as np

INK, MUTED, PAPER = (29, 34, 40), (92, 100, 109), (253, 253, 252)
GAP, LINE = 12, 17  # pixels between pictures, and from one line of a title to the next
NARROWEST = 168
WIDEST = 1560  # a figure's, unless two panels take more: a screen's width


@dataclass(frozen=True)
class Panel:
    """A picture, ``(H, W, 3)`` uint8, and the lines over it, the first darker than the others."""

    picture: np.ndarray
    title: tuple[str, ...]


def side_by_side(panels: Sequence[Panel], *, colormap: str = COLORMAP) -> np.ndarray:
    """Return the panels in rows of like length, ``(H, W, 3)`` uint8, above the scale of their colours.

    A row is no wider than a screen, but holds two panels at least. Titles too long for their picture are shortened at
    the end; hidden signs in them are spelled out.
    """
    import numpy as np
    from PIL import Image

    width = GAP + max(max(panel.picture.shape[1], NARROWEST) for panel in panels)
    rows = -(-len(panels) // max(2, (WIDEST - GAP) // width))
    columns = -(-len(panels) // rows)
    drawn = [_row(panels[start : start + columns]) for start in range(0, len(panels), columns)]
    height = sum(row.height for row in drawn)
    canvas = Image.new("RGB", (max(row.width for row in drawn), height + GAP + LINE + GAP), PAPER)
    top = 0
    for row in drawn:
        canvas.paste(row, (0, top))
        top += row.height
    _scale(canvas, (GAP, height + GAP), colormap)
    return np.asarray(canvas)


def _row(panels: Sequence[Panel]) -> Any:
    from PIL import Image, ImageDraw

    lines = max(len(panel.title) for panel in panels)
    widths = [max(panel.picture.shape[1], NARROWEST) for panel in panels]
    top = GAP + LINE * lines + 4
    height = top + max(panel.picture.shape[0] for panel in panels)
    row = Image.new("RGB", (sum(widths) + GAP * (len(panels) + 1), height), PAPER)
    draw, font = ImageDraw.Draw(row), _font()
    left = GAP
    for panel, width in zip(panels, widths, strict=True):
        for number, line in enumerate(panel.title):
            text = _fitted(shown(line), width, font)
            draw.text((left, GAP + number * LINE), text, fill=MUTED if number else INK, font=font)
        row.paste(Image.fromarray(panel.picture), (left, top))
        left += width + GAP
    return row


def _scale(canvas: Any, corner: tuple[int, int], colormap: str) -> None:
    """Draw the colours from the lowest cell of a map to its highest, between the two words."""
    import matplotlib
    import numpy as np
    from PIL import Image, ImageDraw

    draw, font, length = ImageDraw.Draw(canvas), _font(), 96
    colours = matplotlib.colormaps[colormap](np.linspace(0, 1, length))[:, :3]
    strip = np.repeat(np.rint(colours * 255).astype(np.uint8)[None], 10, axis=0)
    words = "lowest", "highest cell of each map"
    start = corner[0] + int(font.getlength(words[0])) + 6
    draw.text(corner, words[0], fill=MUTED, font=font)
    canvas.paste(Image.fromarray(strip), (start, corner[1] + 3))
    draw.text((start + length + 6, corner[1]), words[1], fill=MUTED, font=font)


def _fitted(text: str, width: int, font: Any) -> str:
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "…") > width:
        text = text[:-1]
    return text + "…"


@cache
def _font() -> Any:
    from matplotlib import font_manager
    from PIL import ImageFont

    return ImageFont.truetype(font_manager.findfont("DejaVu Sans"), 13)
