"""A colour, a mark and a dash for each loss, the same in every figure of every sweep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from ..losses import LOSSES
from ..reports.figures import Panel


@dataclass(frozen=True)
class Look:
    """How a loss is drawn: told apart by mark and dash where colours are not.

    Parameters
    ----------
    light, dark
        Colours on a light and on a dark page, hexadecimal.
    mark
        Matplotlib's word of the mark.
    dash
        Matplotlib's line style.
    """

    light: str
    dark: str
    mark: str
    dash: Any


LOOKS = (
    Look("#59616b", "#b3bcc6", "o", "solid"),
    Look("#15659c", "#6db6ec", "s", (0, (5, 1.5))),
    Look("#2c7a4b", "#72c693", "^", (0, (1, 1.2))),
    Look("#74489d", "#bf9fe8", "D", (0, (5, 1.5, 1, 1.5))),
    Look("#b2520c", "#eda05c", "v", "solid"),
    Look("#ad2a58", "#f384aa", "P", (0, (3, 1, 1, 1, 1, 1))),
)


def look_of(loss: str) -> Look:
    """Return how a loss is drawn.

    >>> look_of("cross-entropy").mark, look_of("cyborg-droid").mark
    ('o', 'P')
    """
    return LOOKS[list(LOSSES).index(loss) % len(LOOKS)]


def variables(scheme: str) -> str:
    """Return the colours of ``"light"`` or ``"dark"`` as declarations of CSS.

    >>> variables("light")[:20]
    '--look0: #59616b; --'
    """
    return " ".join(f"--look{place}: {getattr(look, scheme)};" for place, look in enumerate(LOOKS))


def inlined(panels: Sequence[Panel]) -> list[tuple[Panel, Markup]]:
    """Return the panels, each with its drawing as an element of a page that has :func:`variables`."""
    found = []
    for panel in panels:
        svg = str(panel.inline)
        for place, look in enumerate(LOOKS):
            svg = svg.replace(look.light, f"var(--look{place})")
        found.append((panel, Markup(svg)))
    return found
