"""The same images seen by a network of each loss: Figure 1 of piland2023droid."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ...functional import cam_entropy
from ...reports.figures._canvas import COLOURS, WIDTH, Panel, draw_panel
from ...reports.text import counted, number
from ...showing.overlay import enlarged, overlay

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes

    from ..examples import ExampleMaps

LEAST, MOST = 112, 160  # pixels of the side of a picture in the page
LABELS = 1.0  # inch for the names of the rows


def draw_example_maps(examples: ExampleMaps | None) -> list[Panel]:
    """Return the panel: a column an image, a row each for the image, its human map, and every loss's map."""
    if examples is None:
        return []
    import torch

    entropies = "; ".join(
        f"{loss}: {number(float(cam_entropy(torch.from_numpy(maps)).mean()))}" for loss, maps in examples.maps.items()
    )
    rows, columns = 2 + len(examples.maps), len(examples.names)
    side = (WIDTH - LABELS) / columns
    return [
        draw_panel(
            "example-maps",
            "The same images, seen by the first run of each loss",
            f"{counted(columns, 'image')} of the {examples.split} split, below them their human maps and the maps of "
            f"the class that each network predicts. Mean entropy of these maps in nats: {entropies}.",
            partial(_paint, examples=examples),
            height=side * rows + 0.1,
        )
    ]


def _paint(axes: Axes, *, examples: ExampleMaps) -> None:
    names = ["image", "human map", *examples.maps]
    for place, image in enumerate(examples.images):
        plain, human = enlarged(_sized(image), least=LEAST), examples.human_maps[place]
        seen = [overlay(plain, maps[place]) for maps in examples.maps.values()]
        for row, picture in enumerate([plain, None if human is None else overlay(plain, human), *seen]):
            extent = (place + 0.03, place + 0.97, row + 0.97, row + 0.03)
            if picture is None:
                axes.text(place + 0.5, row + 0.5, "none", ha="center", va="center", fontsize=7, color=COLOURS["muted"])
            else:
                axes.imshow(picture.squeeze(), cmap="gray", vmin=0, vmax=255, extent=extent, interpolation="none")
    axes.set_yticks([row + 0.5 for row in range(len(names))], names)
    axes.set_xticks([])
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set(xlim=(0, len(examples.images)), ylim=(len(names), 0), aspect="equal")


def _sized(image: np.ndarray) -> np.ndarray:
    """Return the image with sides of at most ``MOST`` pixels."""
    import numpy as np
    from PIL import Image

    if max(image.shape[:2]) <= MOST:
        return image
    picture = Image.fromarray(image.squeeze())
    picture.thumbnail((MOST, MOST))
    return np.asarray(picture)
