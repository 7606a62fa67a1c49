"""XGrad-CAM: the features of a layer, weighted by their gradients, averaged where the features are."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from ..functional.gradient_maps import xgrad_cam
from .gradient_extractor import GradientExtractor
from .running.capture import Capture


class XGradCAM(GradientExtractor):
    r"""Grad-CAM whose mean gradient of a channel is taken where the channel is active.

    .. math:: s = \mathrm{ReLU}\left(\sum_c a_c F_c\right), \quad
        a_c = \sum_{ij} \frac{F_{cij}}{\sum_{ab} F_{cab}} \frac{\partial l_t}{\partial F_{cij}}

    Before the ReLU the cells sum to the sum of features times gradients: what the layer gives the logit, to first
    order. Meant for features that are not negative: a channel whose cells nearly cancel gets a large weight.

    Parameters
    ----------
    model, layer, output
        As for :class:`Extractor`.
    relu
        Keep only what speaks for the class; ``False`` keeps the sign.

    References
    ----------
    Fu, Hu, Dong, Guo, Gao, Li, "Axiom-based Grad-CAM: towards accurate visualization and explanation of CNNs",
    BMVC 2020, arXiv:2008.02312.

    Examples
    --------
    >>> import torch
    >>> from torch import nn
    >>> model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(72, 2))
    >>> extract = XGradCAM(model)
    >>> extract(torch.rand(4, 3, 8, 8), target=1).shape, extract.layer_name
    (torch.Size([4, 3, 3]), '1')
    """

    word: ClassVar[str] = "xgrad-cam"

    def salience(self, capture: Capture, target: Tensor, *, keep_graph: bool) -> Tensor:
        """Return the maps, (N, h, w), in units of the logit by cell."""
        return xgrad_cam(capture.features, capture.gradients(target, keep_graph=keep_graph), relu=self._relu)
