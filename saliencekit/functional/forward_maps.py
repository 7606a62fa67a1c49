"""Maps out of features with no gradient: Eigen-CAM and Score-CAM, tensor to tensor."""

from __future__ import annotations

import torch
from torch import Tensor

from ..errors import InputError
from ._checks import as_float, check_shape, full_precision
from .activation import weighted_sum


@torch.no_grad()
def eigen_cam(features: Tensor) -> Tensor:
    r"""Return the Eigen-CAM of every image: its features on their first principal component.

    .. math:: s = O v_1, \quad O = U \Sigma V^\top

    with O the features as a matrix of cells by channels, not centred, as in the paper. A singular vector has no sign
    of its own: it is turned so that the map and the mean of the features over channels have a positive product.

    Parameters
    ----------
    features
        Output of the layer explained, (N, C, h, w).

    Returns
    -------
    Tensor
        (N, h, w), float32 or float64, also under autocast, in units of the features, detached; NaN for an image
        whose features are not all finite. Not negative where the features are not.

    Raises
    ------
    InputError
        If the shape is no (N, C, h, w).

    References
    ----------
    Muhammad, Yeasin, "Eigen-CAM: class activation map using principal components", IJCNN 2020, arXiv:2008.00299.

    Examples
    --------
    >>> features = torch.tensor([[[[3.0, 0.0]], [[4.0, 0.0]], [[0.0, 1.0]]]])  # cells (3, 4, 0) and (0, 0, 1)
    >>> eigen_cam(features).round(decimals=4) + 0.0
    tensor([[[5., 0.]]])
    """
    check_shape(features, "features", "N", "C", "h", "w")
    cells = as_float(features).flatten(2).mT  # (N, h*w, C)
    finite = cells.isfinite().all(-1, keepdim=True).all(-2, keepdim=True)
    cells = torch.where(finite, cells, 0)
    with full_precision(features.device):
        first = torch.linalg.svd(cells, full_matrices=False).Vh[:, :1]
        maps = (cells @ first.mT)[..., 0]
    along = (maps * cells.mean(-1)).sum(-1, keepdim=True)
    maps = torch.where(along < 0, -maps, maps)
    return torch.where(finite[..., 0], maps, torch.nan).view(len(features), *features.shape[-2:])


def score_cam(features: Tensor, scores: Tensor) -> Tensor:
    r"""Return the Score-CAM of every image: features weighted by what the image scores through each channel.

    .. math:: s = \mathrm{ReLU}\left(\sum_c a_c F_c\right), \quad
        a_c = \frac{\exp(l(X \odot H_c) - l(X_b))}{\sum_d \exp(l(X \odot H_d) - l(X_b))}

    with H_c channel c at the size of the image X in unit range. The score of the baseline X_b drops out of the
    quotient and is not asked for.

    Parameters
    ----------
    features
        Output of the layer explained, (N, C, h, w).
    scores
        Logit of the class explained for the image masked by each channel, (N, C).

    Returns
    -------
    Tensor
        (N, h, w), float32 or float64, also under autocast, not negative, in units of the features.

    Raises
    ------
    InputError
        If the shapes do not fit together.

    References
    ----------
    Wang, Wang, Du, Yang, Zhang, Ding, Mardziel, Hu, "Score-CAM: score-weighted visual explanations for convolutional
    neural networks", CVPR workshops 2020, arXiv:1910.01279.

    Examples
    --------
    >>> features = torch.tensor([[[[4.0, 0.0]], [[-4.0, 8.0]]]])
    >>> score_cam(features, torch.tensor([[3.0, 3.0]])), score_cam(features, torch.tensor([[999.0, 0.0]]))
    (tensor([[[0., 4.]]]), tensor([[[4., 0.]]]))
    """
    check_shape(features, "features", "N", "C", "h", "w")
    if scores.shape != features.shape[:2]:
        raise InputError(f"expected `scores` of shape {tuple(features.shape[:2])}, got {tuple(scores.shape)}")
    return weighted_sum(features, as_float(scores).softmax(1)).relu()
