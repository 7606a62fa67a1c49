"""Images beside their maps, as a figure for a notebook or a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ..errors import InputError
from ..functional import cam_entropy, is_degenerate, max_entropy
from ..preprocessing import Preprocessing
from .checking import check_settings, checked_maps
from .colours import COLORMAP
from .overlay import Limits, enlarged, in_range, overlay
from .pictures import as_pictures

if TYPE_CHECKING:
    import numpy as np

    from .grid import Cell, Key
    from .notebook import NotebookFigure

MOST = 64  # images in one figure


def show_maps(
    images: Tensor,
    maps: Tensor | Mapping[str, Tensor],
    *,
    titles: Sequence[str] = (),
    rows: Sequence[str] = ("image", "overlay"),
    scale: str = "own",
    preprocessing: Preprocessing | None = None,
    heading: str = "",
    strength: float = 0.5,
    colormap: str = COLORMAP,
    per_line: int = 8,
    size: float = 1.5,
) -> NotebookFigure:
    """Return a figure of images with their maps, which shows itself in a notebook.

    Below each map stands its entropy in nats, and below all what that of a map spread evenly would be. pyplot is not
    used: nothing is left open, and ``figure.savefig("maps.png")`` writes it.

    Parameters
    ----------
    images
        ``(N, C, H, W)`` with 1, 3 or 4 channels, on any device: uint8, or float in [0, 1], or normalised as
        ``preprocessing`` says. At most 64.
    maps
        Raw maps ``(N, h, w)`` of any size, one an image; or several kinds of them by name, each with rows of its own.
        Signed attributions of pixels are best given as their magnitude, ``maps.abs()``.
    titles
        A line an image, or several with line breaks between; none by default.
    rows
        What is drawn of each image, of ``"image"``, ``"overlay"`` (the map at the size of the image, over it in grey)
        and ``"map"`` (its cells as they are).
    scale
        ``"own"``: each map from its own lowest to its highest cell. ``"shared"``: the same colours mean the same
        values in all maps of a kind, from the lowest to the highest cell of them all.
    preprocessing
        Whose mean and deviation are undone, where ``images`` are as a network takes them.
    heading
        Above all.
    strength
        Share of the colour in an overlay, 0 to 1.
    colormap
        viridis, cividis, magma, inferno or plasma: even steps in lightness, told apart with any common colour
        blindness.
    per_line
        Images in a line.
    size
        Width of a picture in inches.

    Returns
    -------
    matplotlib.figure.Figure
        With axes of its own for each picture.

    Raises
    ------
    InputError
        If ``images``, ``maps`` or ``titles`` do not fit, or values are out of range.
    UsageError
        If a word or a setting makes no sense.

    Examples
    --------
    >>> figure = show_maps(torch.rand(2, 3, 32, 32), torch.rand(2, 7, 7), titles=["cat", "dog"])
    >>> len(figure.axes)  # two images, two overlays, and the scale of the colours
    5
    """
    check_settings(rows, scale, strength, colormap, per_line, size)
    pictures = as_pictures(images, preprocessing)
    if len(pictures) > MOST:
        raise InputError(f"expected at most {MOST} `images` in a figure, got {len(pictures)}: show some of them")
    named = maps if isinstance(maps, Mapping) else {"": maps}
    kept = {name: checked_maps(each, len(pictures), name) for name, each in named.items()}
    if not kept:
        raise InputError("expected `maps` of at least one kind, got none")
    if len(titles) not in (0, len(pictures)):
        raise InputError(f"expected `titles` of one line for each of {len(pictures)} images, got {len(titles)}")
    return figure_of(
        pictures,
        kept,
        titles=titles,
        rows=rows,
        shared=scale == "shared",
        heading=heading,
        strength=strength,
        colormap=colormap,
        per_line=per_line,
        size=size,
    )


def figure_of(
    pictures: np.ndarray,
    maps: Mapping[str, Tensor],
    *,
    titles: Sequence[str] = (),
    rows: Sequence[str] = ("image", "overlay"),
    shared: bool = False,
    heading: str = "",
    strength: float = 0.5,
    colormap: str = COLORMAP,
    per_line: int = 8,
    size: float = 1.5,
) -> NotebookFigure:
    """Return the figure of :func:`show_maps` for pictures (N, H, W, 3) uint8 and float maps on the CPU."""
    from .grid import Column, grid_figure

    limits = {name: _limits(each) for name, each in maps.items()} if shared else {}
    words = {name: entropy_words(each) for name, each in maps.items()}
    kinds = [row for row in rows if row != "image"]
    columns = []
    for number, picture in enumerate(pictures):
        large = enlarged(picture)
        cells = [_cell(picture)] if "image" in rows else []
        for name, each in maps.items():
            values = each[number].numpy()
            for kind in kinds:
                drawn = (
                    overlay(large, values, strength=strength, colormap=colormap, limits=limits.get(name))
                    if kind == "overlay"
                    else coloured(values, colormap=colormap, limits=limits.get(name))
                )
                cells.append(_cell(drawn, words[name][number] if kind == kinds[-1] else "", fine=kind == "overlay"))
        columns.append(Column(titles[number] if titles else "", tuple(cells)))
    left = ["image" if any(maps) or len(kinds) > 1 else ""] if "image" in rows else []
    left += [f"{name} {kind}".strip() if len(kinds) > 1 else name for name in maps for kind in kinds]
    key = colour_key(maps, limits, colormap) if kinds else None
    return grid_figure(columns, rows=left, key=key, heading=heading, per_line=per_line, size=size)


def coloured(salience: np.ndarray, *, colormap: str = COLORMAP, limits: Limits | None = None) -> np.ndarray:
    """Return the cells of a map (h, w) as colours, ``(h, w, 3)`` uint8."""
    import matplotlib
    import numpy as np

    colours = matplotlib.colormaps[colormap](in_range(salience, limits).numpy())[..., :3]
    rounded: np.ndarray = np.rint(colours * 255).astype(np.uint8)
    return rounded


def entropy_words(maps: Tensor) -> list[str]:
    """Return what is said below each map: its entropy, or that it has none.

    >>> entropy_words(torch.tensor([[[0.0, 1.0]], [[1.0, 1.0]], [[0.0, torch.nan]]]))
    ['0.00 nats', 'flat map', 'not finite']
    """
    finite, flat = maps.isfinite().flatten(1).all(1).tolist(), is_degenerate(maps).tolist()
    return [
        "not finite" if not good else "flat map" if bad else f"{entropy:.2f} nats"
        for entropy, good, bad in zip(cam_entropy(maps).tolist(), finite, flat, strict=True)
    ]


def colour_key(maps: Mapping[str, Tensor], limits: Mapping[str, Limits], colormap: str = COLORMAP) -> Key:
    """Return what the colours mean, and the entropy that a uniform map of each grid has."""
    from .grid import Key

    grids = dict.fromkeys((each.shape[-2], each.shape[-1]) for each in maps.values())
    even = ", ".join(f"{max_entropy(torch.zeros(grid)):.2f} nats ({grid[0]}×{grid[1]})" for grid in grids)
    remarks = (f"uniform map: {even}",)
    if not limits:
        return Key("lowest", "highest cell of each map", remarks, colormap)
    ends = {name: [f"{each:.3g}".replace("-", "\u2212") for each in pair] for name, pair in limits.items()}
    if len(ends) == 1:
        ((low, high),) = ends.values()
        return Key(low, f"{high}, the same for all maps", remarks, colormap)
    kinds = tuple(f"{name}: {low} to {high}, the same for all its maps" for name, (low, high) in ends.items())
    return Key("lowest", "highest cell of all maps of a row", (*kinds, *remarks), colormap)


def _cell(picture: np.ndarray, below: str = "", *, fine: bool = True) -> Cell:
    from .grid import Cell

    return Cell(picture, below, fine)


def _limits(maps: Tensor) -> Limits:
    values = maps[maps.isfinite()]
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 0.0)
    return (low, high) if low < high else (low, low + max(1.0, abs(low)))
