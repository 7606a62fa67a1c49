"""The photographs that ship inside scikit-image: something real to look at without a network."""

from __future__ import annotations

from pathlib import Path

from ..errors import EnvironmentFault
from .samples import Collection, Sample

NAMES = (
    "astronaut.png",
    "brick.png",
    "camera.png",
    "chelsea.png",
    "clock_motion.png",
    "coffee.png",
    "coins.png",
    "grass.png",
    "gravel.png",
    "hubble_deep_field.jpg",
    "ihc.png",
    "moon.png",
    "motorcycle_left.png",
    "page.png",
    "retina.jpg",
    "rocket.jpg",
)
"""Photographs only (no drawings, phantoms or masks), one of each scene."""


def photographs() -> Collection:
    """Return those photographs of scikit-image that its wheel holds; nothing is downloaded.

    Raises
    ------
    EnvironmentFault
        If the installed scikit-image has none of them.

    Examples
    --------
    >>> [sample.image for sample in photographs().samples][:2]
    ['astronaut.png', 'brick.png']
    """
    folder = wheel_folder()
    samples = tuple(Sample(name, folder / name) for name in NAMES if (folder / name).is_file())
    if not samples:
        raise EnvironmentFault(f"the installed scikit-image has no photographs in {folder}: install it anew")
    return Collection("photographs", "scikit-image photographs", "photographs", samples)


def wheel_folder() -> Path:
    """Return the folder of the data that ships inside scikit-image's wheel."""
    import skimage

    return Path(skimage.__file__).parent / "data"
