"""Figures that show themselves in a notebook, whatever pyplot has been told."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from ..files import written_whole

FINE = 1.5  # pixels of the picture for one of the page, so that text is sharp on a screen of today
STYLE: dict[Any, Any] = {"text.parse_math": False, "font.family": ["DejaVu Sans"], "font.size": 8.5}


class NotebookFigure(Figure):
    """A Matplotlib figure that Jupyter draws also where pyplot was never imported.

    >>> NotebookFigure(figsize=(2, 1))._repr_png_()[1]
    {'width': 200, 'height': 100}
    """

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        """Return the PNG, and the size at which a page shows it."""
        width, height = (round(float(each)) for each in self.get_size_inches() * 100)
        return as_png(self, dpi=round(100 * FINE)), {"width": width, "height": height}


@contextmanager
def plain_style(style: dict[Any, Any] = STYLE) -> Iterator[None]:
    """Draw in a style of ours: the caller's Matplotlib settings are neither read nor changed.

    A dollar sign is a dollar sign, and a sign that the font lacks is drawn as a box without a warning.
    """
    with matplotlib.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"(?s)Glyph .* missing from|.*Matplotlib currently does not support")
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(style)
        yield


def as_png(figure: Figure, *, dpi: int = 100) -> bytes:
    """Return a figure as PNG; the same figure gives the same bytes."""
    stream = io.BytesIO()
    with plain_style():
        figure.savefig(stream, format="png", dpi=dpi, metadata={"Software": None})
    return stream.getvalue()


def write_png(figure: Figure, path: Path) -> None:
    """Write a figure as PNG, whole or not at all."""
    with written_whole(path) as temporary:
        temporary.write_bytes(as_png(figure))
