"""LayerCAM: the features of a layer times their positive gradients, cell by cell."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from ..functional.gradient_maps import layer_cam
from .gradient_extractor import GradientExtractor
from .running.capture import Capture


class LayerCAM(GradientExtractor):
    r"""Features weighted cell by cell with their positive gradients, for early layers as well as the last.

    .. math:: s = \mathrm{ReLU}\left(\sum_c \mathrm{ReLU}\left(\frac{\partial l_t}{\partial F_c}\right) \odot F_c\right)

    High cells raise the logit of the class explained. The maps can be trained on, to the second order where there is
    no closed form.

    Parameters
    ----------
    model, layer, output
        As for :class:`Extractor`.
    relu
        Whether to take the outer ReLU, which changes nothing where features are not negative.

    References
    ----------
    Jiang, Zhang, Hou, Cheng, Wei, "LayerCAM: exploring hierarchical class activation maps for localization",
    IEEE Transactions on Image Processing, 2021, doi:10.1109/TIP.2021.3089943.

    Examples
    --------
    >>> import torch
    >>> from torch import nn
    >>> model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(72, 2))
    >>> extract = LayerCAM(model)
    >>> extract(torch.rand(4, 3, 8, 8), target=1).shape, extract.layer_name
    (torch.Size([4, 3, 3]), '1')
    """

    word: ClassVar[str] = "layer-cam"

    def salience(self, capture: Capture, target: Tensor, *, keep_graph: bool) -> Tensor:
        """Return the maps, (N, h, w), in units of the logit."""
        return layer_cam(capture.features, capture.gradients(target, keep_graph=keep_graph), relu=self._relu)
