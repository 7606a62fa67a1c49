"""Eigen-CAM: the features of a layer on their first principal component, whatever the class."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from ..functional.forward_maps import eigen_cam
from .base import Extractor
from .running.capture import Capture


class EigenCAM(Extractor):
    r"""Features of each image projected on the direction of channels in which they are largest.

    .. math:: s = O v_1, \quad O = U \Sigma V^\top

    with O the features as cells by channels, not centred. High cells hold what most of the features of this image
    share: no gradient and no class enters, the map is the same for every ``target``. The sign is chosen so that the
    map goes with the mean of the features. The maps are detached.

    Parameters
    ----------
    model, layer, output
        As for :class:`Extractor`.

    References
    ----------
    Muhammad, Yeasin, "Eigen-CAM: class activation map using principal components", IJCNN 2020, arXiv:2008.00299.

    Examples
    --------
    >>> import torch
    >>> from torch import nn
    >>> model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 2))
    >>> maps = EigenCAM(model)(torch.rand(4, 3, 9, 9))
    >>> maps.shape, bool((maps > -1e-6).all())
    (torch.Size([4, 7, 7]), True)
    """

    word: ClassVar[str] = "eigen-cam"
    needs_gradient: ClassVar[bool] = False

    def salience(self, capture: Capture, target: Tensor, *, keep_graph: bool) -> Tensor:
        """Return the maps, (N, h, w), in units of the features."""
        del target, keep_graph  # the same map for every class
        return eigen_cam(capture.features)
