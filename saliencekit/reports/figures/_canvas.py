"""One panel of a figure: Matplotlib's SVG, always the same bytes, in colours that the page may swap."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from ...showing.names import shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Colours by role. In the page each becomes the CSS variable of that name, so that dark mode can change it.
COLOURS = {
    "ink": "#1d2228",
    "muted": "#5c646d",
    "rule": "#d5d8dc",
    "accent": "#1f6391",
    "second": "#a8530f",
    "third": "#6d5a96",
    "band": "#b5cfe1",
    "paper": "#fdfdfc",
}
WIDTH = 4.0  # inches; 1 inch is 72 units of the SVG
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "saliencekit",
    "text.parse_math": False,
    "font.family": ["DejaVu Sans"],
    "font.size": 8.5,
    "axes.edgecolor": COLOURS["muted"],
    "axes.labelcolor": COLOURS["ink"],
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "text.color": COLOURS["ink"],
    "xtick.color": COLOURS["muted"],
    "ytick.color": COLOURS["muted"],
    "xtick.labelcolor": COLOURS["ink"],
    "ytick.labelcolor": COLOURS["ink"],
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "lines.solid_capstyle": "butt",
}


@dataclass(frozen=True)
class Panel:
    """A drawing with its words.

    Parameters
    ----------
    name
        File name without ending, unique in a report.
    title
        What it shows, as a heading.
    alt
        The same in a sentence with its numbers, for those who do not see it.
    svg
        A whole SVG document.
    paint, height
        What drew it, on axes of that height in inches: to draw it again in a figure with others.
    """

    name: str
    title: str
    alt: str
    svg: str
    paint: Callable[[Axes], None] = field(repr=False, compare=False)
    height: float = 2.7

    @property
    def inline(self) -> Markup:
        """The drawing as an element of an HTML page: no address, ids of its own, colours by variable."""
        svg = self.svg[self.svg.index("<svg") :]
        svg = re.sub(r"<style.*?</style>", "", svg, flags=re.DOTALL)
        svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
        svg = re.sub(r'(?<="data:image/png;base64,)[^"]*', lambda found: re.sub(r"\s", "", found[0]), svg)
        svg = re.sub(r' xmlns(:\w+)?="[^"]*"', "", svg)
        svg = re.sub(r'\b(id="|href="#|url\(#)', rf"\1{self.name}-", svg)
        for role, colour in COLOURS.items():
            svg = svg.replace(colour, f"var(--{role})")
        svg = svg.replace("'DejaVu Sans'", "var(--sans)")
        label = f'<svg role="img" aria-label="{escape(self.alt)}" '
        return Markup(svg.replace("<svg ", label, 1))


def draw_panel(
    name: str,
    title: str,
    alt: str,
    paint: Callable[[Axes], None],
    *,
    height: float = 2.7,
    width: float = WIDTH,
) -> Panel:
    """Return the panel that ``paint`` draws on axes given to it.

    Neither pyplot nor the caller's Matplotlib settings are read or left changed. Text is written as text, and
    a dollar sign in it is a dollar sign.

    Examples
    --------
    >>> panel = draw_panel("line", "A line", "From 0 to 1.", lambda axes: axes.set_title("$x$ < 1"))
    >>> "$x$ &lt; 1" in panel.svg, "http" in panel.inline
    (True, False)
    """
    from matplotlib.figure import Figure

    from ...showing.notebook import plain_style

    with plain_style(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        paint(figure.add_subplot())
        stream = io.StringIO()
        figure.savefig(
            stream,
            format="svg",
            transparent=True,
            metadata={"Date": None, "Creator": None, "Format": None, "Type": None},
        )
    return Panel(name, title, shown(alt), stream.getvalue(), paint, height)
