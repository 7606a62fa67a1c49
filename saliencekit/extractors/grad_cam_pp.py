"""Grad-CAM++: the features of a layer, weighted by positive gradients, each divided by its channel's reach."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from ..functional.gradient_maps import grad_cam_pp
from .gradient_extractor import GradientExtractor
from .running.capture import Capture


class GradCAMPlusPlus(GradientExtractor):
    r"""Grad-CAM with a rate for every cell, so that several objects of a class, large and small, count alike.

    .. math:: s = \mathrm{ReLU}\left(\sum_c a_c F_c\right), \quad a_c = \sum_{ij} \alpha_{cij}\,\mathrm{ReLU}(G_{cij}),
        \quad \alpha_{cij} = \frac{G_{cij}^2}{2 G_{cij}^2 + G_{cij}^3 \sum_{ab} F_{cab}}

    with G the gradient of the class's logit by the features F: what the second and third derivatives of
    ``exp(logit)`` come to where the logit is piecewise linear in F. The common factor ``exp(logit)`` is left out.
    Meant for features that are not negative (behind a ReLU): others can bring the denominator near zero.

    Parameters
    ----------
    model, layer, output
        As for :class:`Extractor`.
    relu
        Keep only what speaks for the class; ``False`` keeps the sign.

    References
    ----------
    Chattopadhyay, Sarkar, Howlader, Balasubramanian, "Grad-CAM++: improved visual explanations for deep
    convolutional networks", WACV 2018, arXiv:1710.11063.

    Examples
    --------
    >>> import torch
    >>> from torch import nn
    >>> model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(72, 2))
    >>> extract = GradCAMPlusPlus(model)
    >>> extract(torch.rand(4, 3, 8, 8), target=1).shape, extract.layer_name
    (torch.Size([4, 3, 3]), '1')
    """

    word: ClassVar[str] = "grad-cam++"

    def salience(self, capture: Capture, target: Tensor, *, keep_graph: bool) -> Tensor:
        """Return the maps, (N, h, w), in units of the features."""
        return grad_cam_pp(capture.features, capture.gradients(target, keep_graph=keep_graph), relu=self._relu)
