"""Which colours a map may be drawn in."""

from __future__ import annotations

COLORMAP = "viridis"  # even steps in lightness, and told apart with any common colour blindness
COLORMAPS = (COLORMAP, "cividis", "magma", "inferno", "plasma")
"""Matplotlib's perceptually uniform maps: lightness alone tells their order."""
