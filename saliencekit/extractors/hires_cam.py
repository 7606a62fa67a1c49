"""HiResCAM: the features of a layer times their gradients, cell by cell."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor, nn

from ..functional.gradient_maps import hires_cam
from .gradient_extractor import GradientExtractor
from .running.capture import Capture


class HiResCAM(GradientExtractor):
    r"""What each cell of a layer adds to the logit, with no gradient averaged over cells.

    .. math:: s = \sum_c \frac{\partial l_t}{\partial F_c} \odot F_c

    Cells that the model does not use are zero. Where one linear layer follows, flat or after average pooling, the
    cells and the bias sum to the logit; after pooling it is CAM divided by the number of cells. The maps can be
    trained on, to the second order where there is no closed form.

    Parameters
    ----------
    model, layer, output
        As for :class:`Extractor`.
    relu
        Keep only what speaks for the class; the paper's definition keeps the sign.

    References
    ----------
    Draelos, Carin, "Use HiResCAM instead of Grad-CAM for faithful explanations of convolutional neural networks",
    2020, arXiv:2011.08891.

    Examples
    --------
    >>> import torch
    >>> model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(72, 2))
    >>> extract = HiResCAM(model)
    >>> extract(torch.rand(4, 3, 8, 8), target=1).shape, extract.layer_name
    (torch.Size([4, 3, 3]), '1')
    """

    word: ClassVar[str] = "hires-cam"

    def __init__(
        self,
        model: nn.Module,
        layer: str | nn.Module = "auto",
        *,
        output: str | int | None = None,
        relu: bool = False,
    ) -> None:
        super().__init__(model, layer, output=output, relu=relu)

    def salience(self, capture: Capture, target: Tensor, *, keep_graph: bool) -> Tensor:
        """Return the maps, (N, h, w), in units of the logit."""
        return hires_cam(capture.features, capture.gradients(target, keep_graph=keep_graph), relu=self._relu)
