"""Everything that can be set about an explanation of images, in one record: the flags and their help."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import UsageError, one_of
from ..showing.colours import COLORMAP, COLORMAPS


@dataclass(frozen=True)
class ExplanationSettings:
    """Settings of an explanation.

    Parameters
    ----------
    salience
        Methods by their words, separated by commas: grad-cam, cam, captum:IntegratedGradients, ...
    layer
        Name as in model.named_modules(), several joined by + to fuse them, or auto.
    target
        Class explained: predicted, label (the folder's), a number or a name.
    topk
        Classes listed for each image.
    alpha
        Share of the colour in an overlay, 0 to 1.
    colormap
        viridis, cividis, magma, inferno or plasma.
    side_by_side
        Draw a figure of the image beside its overlays; with several methods there always is one.
    batch_size
        Images a batch; halved by itself when the device runs out of memory.
    device
        auto, cpu, cuda, cuda:1, mps.
    """

    salience: str = "grad-cam"
    layer: str = "auto"
    target: str = "predicted"
    topk: int = 3
    alpha: float = 0.5
    colormap: str = COLORMAP
    side_by_side: bool = False
    batch_size: int = 16
    device: str = "auto"

    def __post_init__(self) -> None:
        for name in ("topk", "batch_size"):
            if getattr(self, name) < 1:
                raise UsageError(f"expected `{name}` of at least 1, got {getattr(self, name)}")
        if not 0 <= self.alpha <= 1:
            raise UsageError(f"expected `alpha` between 0 and 1, got {self.alpha}")
        one_of(self.colormap, COLORMAPS, "colormap")
        if not self.methods():
            raise UsageError("expected at least one salience method, got none")

    def methods(self) -> tuple[str, ...]:
        """Return the words of the methods, each once, in the order given.

        >>> ExplanationSettings(salience="cam, grad-cam,cam").methods()
        ('cam', 'grad-cam')
        """
        return tuple(dict.fromkeys(word.strip() for word in self.salience.split(",") if word.strip()))
