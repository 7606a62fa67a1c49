"""What the extractors have in common that weigh features with gradients."""

from __future__ import annotations

from typing import ClassVar

from torch import nn

from .base import Extractor


class GradientExtractor(Extractor):
    """An extractor of gradients by the layer, whose maps may end in a ReLU.

    Parameters
    ----------
    model, layer, output
        As for :class:`Extractor`.
    relu
        Whether the maps end in a ReLU.
    """

    needs_gradient: ClassVar[bool] = True

    def __init__(
        self,
        model: nn.Module,
        layer: str | nn.Module = "auto",
        *,
        output: str | int | None = None,
        relu: bool = True,
    ) -> None:
        super().__init__(model, layer, output=output)
        self._relu = relu
