"""CAM: the class's weights of the linear head, spread over the features that pooling averages."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from ..errors import ModelError
from ..functional.activation import cam
from .base import Extractor
from .running.capture import Capture


class CAM(Extractor):
    r"""Class activation maps: what each cell adds to the logit of the class explained.

    .. math:: s_k = \sum_c W_{t_k c} F_{kc}

    High cells speak for the class, negative ones against it; no bias, no ReLU. Defined where global average pooling
    and one linear layer make the logits, or a 1x1 convolution and pooling. Only views, dropout and identity may
    stand between; dropout, where it is on, is left out of the map. With a ReLU between convolution and pooling
    (SqueezeNet) the map is that of the class before its ReLU. A ``layer`` may be named that the head does not read
    itself but that has as many channels, as the authors of [boyd2023cyborg]_ do (DenseNet121: ``features``,
    before the last ReLU; ResNet50: ``layer4.2.conv3``); the map is then no longer a sum that gives the logit.

    Parameters
    ----------
    model, layer, output
        As for :class:`Extractor`.

    References
    ----------
    Zhou, Khosla, Lapedriza, Oliva, Torralba, "Learning deep features for discriminative localization", CVPR 2016.

    Examples
    --------
    >>> import torch
    >>> from torch import nn
    >>> model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 2))
    >>> images, labels = torch.rand(4, 3, 9, 9), torch.tensor([0, 1, 1, 0])
    >>> extract = CAM(model)
    >>> extract(images).shape, extract.layer_name
    (torch.Size([4, 7, 7]), '1')
    >>> with CAM(model) as extract:
    ...     logits = model(images)
    ...     maps = extract.maps(target=labels)
    >>> maps.requires_grad
    True
    """

    word: ClassVar[str] = "cam"
    needs_gradient: ClassVar[bool] = False

    def salience(self, capture: Capture, target: Tensor, *, keep_graph: bool) -> Tensor:
        """Return the maps, (N, h, w), in units of the logit."""
        del keep_graph
        head, features = capture.plan.head, capture.features
        if head is None:
            raise ModelError(
                "CAM is not defined for this model, whose head is not global average pooling and one linear layer: "
                "use grad-cam (GradCAM)"
            )
        if head.weight.shape[1] != features.shape[1]:
            raise ModelError(
                f"CAM is not defined for layer {capture.plan.name!r} of {features.shape[1]} channels, since the head "
                f"weighs {head.weight.shape[1]}: use grad-cam (GradCAM)"
            )
        return cam(features, head.weight, target)
