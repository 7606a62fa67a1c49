"""Grad-CAM: the features of a layer, weighted by the mean gradient of the class's logit by each channel."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from ..functional.activation import cam, grad_cam
from .gradient_extractor import GradientExtractor
from .running.capture import Capture


class GradCAM(GradientExtractor):
    r"""Gradient-weighted class activation maps, for any layer of maps in any model.

    .. math:: s = \mathrm{ReLU}\left(\sum_c a_c F_c\right), \quad
        a_c = \frac{1}{hw} \sum_{ij} \frac{\partial l_t}{\partial F_{cij}}

    High cells raise the logit of the class explained. Where global average pooling and a linear layer make the
    logits, the mean gradient is the head's weight divided by the number of cells, and no backward is run (dropout,
    where it is on, is left out of it). Elsewhere the graph is cut at the layer: only what follows is recorded.

    Parameters
    ----------
    model, layer, output
        As for :class:`Extractor`.
    relu
        Keep only what speaks for the class; ``False`` keeps the sign.

    References
    ----------
    Selvaraju et al., "Grad-CAM: visual explanations from deep networks via gradient-based localization", ICCV 2017.

    Examples
    --------
    >>> import torch
    >>> from torch import nn
    >>> model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(72, 2))
    >>> extract = GradCAM(model)
    >>> extract(torch.rand(4, 3, 8, 8), target=1).shape, extract.layer_name
    (torch.Size([4, 3, 3]), '1')
    """

    word: ClassVar[str] = "grad-cam"

    def salience(self, capture: Capture, target: Tensor, *, keep_graph: bool) -> Tensor:
        """Return the maps, (N, h, w), in units of the logit by cell."""
        head, features = capture.plan.head, capture.features
        if head is None or not capture.plan.closed:
            gradients = capture.gradients(target, keep_graph=keep_graph)
            return grad_cam(features, gradients, relu=self._relu)
        maps = cam(features, head.weight, target)
        maps = maps * (head.open_share(maps, target) / maps[0].numel())
        return maps.relu() if self._relu else maps
