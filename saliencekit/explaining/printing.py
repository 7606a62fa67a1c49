"""An explanation as text for a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..reports.text import number
from ..showing.names import shown
from .result import FILE, Explanation

MOST = 20
LONGEST = 40


def print_explanation(found: Explanation) -> None:
    """Print a line for each of the first images, then where the files are."""
    images = found.predictions["images"]
    for image in images[:MOST]:
        print(line(image))
    more = f", {len(images) - MOST} of them not shown" if len(images) > MOST else ""
    print(f"{found.explained} explained{more}: {shown(str(found.folder / FILE))}")


def line(image: Mapping[str, Any]) -> str:
    """Return what is known of one image: its class, the class explained if that is another, each method's entropy."""
    first, target = image["predicted"][0], image["target"]
    words = f"{_end(shown(image['image']))}: {shown(first['class'])} {number(first['score'])}"
    if target["index"] != first["index"]:
        words += f"; explained {shown(target['class'])} {number(target['score'])}"
    looks = (
        f"{word} {'flat map' if each['degenerate'] else number(each['entropy']) + ' nats'}"
        for word, each in image["salience"].items()
    )
    return f"{words}; {', '.join(looks)}"


def _end(image: str) -> str:
    """Return the end of a path, which tells images of one folder apart."""
    return image if len(image) <= LONGEST else "…" + image[1 - LONGEST :]
