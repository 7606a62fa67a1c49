"""Pictures of a sweep, one file each: those of the papers, drawn from the sweep's own files."""

from .box_plots import draw_box_plots
from .epochs import draw_epochs
from .example_maps import draw_example_maps
from .points import draw_points
from .roc import draw_roc

__all__ = ["draw_box_plots", "draw_epochs", "draw_example_maps", "draw_points", "draw_roc"]
