"""Maps out of features and the gradient of the class's logit by them: Grad-CAM's successors, tensor to tensor."""

from __future__ import annotations

import torch
from torch import Tensor

from .activation import check_alike, weighted_sum


def grad_cam_pp(features: Tensor, gradients: Tensor, *, relu: bool = True) -> Tensor:
    r"""Return the Grad-CAM++ of every image: features weighted by their positive gradients, each at its own rate.

    .. math:: s = \mathrm{ReLU}\left(\sum_c a_c F_c\right), \quad a_c = \sum_{ij} \alpha_{cij}\,\mathrm{ReLU}(G_{cij}),
        \quad \alpha_{cij} = \frac{G_{cij}^2}{2 G_{cij}^2 + G_{cij}^3 \sum_{ab} F_{cab}}

    The second and third derivative of the score ``exp(logit)`` are ``exp(logit)`` times the powers of G, as long as
    the logit is piecewise linear in the features. The factor ``exp(logit)`` of the whole map is left out: it is the
    same for all cells of an image, and overflows. A weight whose denominator is zero is zero.

    Parameters
    ----------
    features, gradients
        As for :func:`~saliencekit.functional.activation.grad_cam`.
    relu
        Keep only what speaks for the class; ``False`` keeps the sign.

    Returns
    -------
    Tensor
        (N, h, w), float32 or float64, also under autocast; differentiable.

    Raises
    ------
    InputError
        As there.

    References
    ----------
    Chattopadhyay, Sarkar, Howlader, Balasubramanian, "Grad-CAM++: improved visual explanations for deep
    convolutional networks", WACV 2018, arXiv:1710.11063.

    Examples
    --------
    >>> features = torch.tensor([[[[1.0, 1.0]], [[0.0, 2.0]]]])
    >>> gradients = torch.tensor([[[[1.0, -1.0]], [[0.5, 0.5]]]])
    >>> grad_cam_pp(features, gradients)  # 1 / (2 + 2) and 2 * 0.5 / (2 + 1)
    tensor([[[0.2500, 0.9167]]])
    """
    features, gradients = check_alike(features, gradients)
    # G^2 / (2 G^2 + G^3 sum F) with G^2 taken out: small gradients do not vanish in their squares
    denominator = 2 + gradients * features.sum((-2, -1), keepdim=True)
    defined = denominator != 0
    rates = torch.where(defined, gradients.relu(), 0) / torch.where(defined, denominator, 1)
    maps = weighted_sum(features, rates.sum((-2, -1)))
    return maps.relu() if relu else maps


def hires_cam(features: Tensor, gradients: Tensor, *, relu: bool = False) -> Tensor:
    r"""Return the HiResCAM of every image: features times gradients, cell by cell, summed over channels.

    .. math:: s = \sum_c G_c \odot F_c

    Cells with no gradient are zero. Where a linear layer makes the logits of all cells, or of their mean, the sum
    over cells plus the bias is the logit; for the mean it is :func:`~saliencekit.functional.activation.cam` / (h*w).

    Parameters
    ----------
    features, gradients
        As for :func:`~saliencekit.functional.activation.grad_cam`.
    relu
        Keep only what speaks for the class; the paper's definition keeps the sign.

    Returns
    -------
    Tensor
        (N, h, w), float32 or float64, also under autocast; in units of the logit; differentiable.

    Raises
    ------
    InputError
        As there.

    References
    ----------
    Draelos, Carin, "Use HiResCAM instead of Grad-CAM for faithful explanations of convolutional neural networks",
    2020, arXiv:2011.08891.

    Examples
    --------
    >>> features = torch.tensor([[[[1.0, 0.0]], [[1.0, 2.0]]]])
    >>> gradients = torch.tensor([[[[2.0, 3.0]], [[0.0, -1.0]]]])
    >>> hires_cam(features, gradients)
    tensor([[[ 2., -2.]]])
    """
    features, gradients = check_alike(features, gradients)
    maps = (features * gradients).sum(1)
    return maps.relu() if relu else maps


def layer_cam(features: Tensor, gradients: Tensor, *, relu: bool = True) -> Tensor:
    r"""Return the LayerCAM of every image: features times their positive gradients, cell by cell.

    .. math:: s = \mathrm{ReLU}\left(\sum_c \mathrm{ReLU}(G_c) \odot F_c\right)

    Made for early layers too, whose gradients change from cell to cell.

    Parameters
    ----------
    features, gradients
        As for :func:`~saliencekit.functional.activation.grad_cam`.
    relu
        Whether to take the outer ReLU, which changes nothing where features are not negative.

    Returns
    -------
    Tensor
        (N, h, w), float32 or float64, also under autocast; in units of the logit; differentiable.

    Raises
    ------
    InputError
        As there.

    References
    ----------
    Jiang, Zhang, Hou, Cheng, Wei, "LayerCAM: exploring hierarchical class activation maps for localization",
    IEEE Transactions on Image Processing, 2021, doi:10.1109/TIP.2021.3089943.

    Examples
    --------
    >>> features = torch.tensor([[[[1.0, 0.0]], [[1.0, 2.0]]]])
    >>> gradients = torch.tensor([[[[2.0, 3.0]], [[0.5, -1.0]]]])
    >>> layer_cam(features, gradients)
    tensor([[[2.5000, 0.0000]]])
    """
    features, gradients = check_alike(features, gradients)
    maps = (features * gradients.relu()).sum(1)
    return maps.relu() if relu else maps


def xgrad_cam(features: Tensor, gradients: Tensor, *, relu: bool = True) -> Tensor:
    r"""Return the XGrad-CAM of every image: features weighted by their gradients, averaged where the features are.

    .. math:: s = \mathrm{ReLU}\left(\sum_c a_c F_c\right), \quad
        a_c = \sum_{ij} \frac{F_{cij}}{\sum_{ab} F_{cab}} G_{cij}

    Before the ReLU the cells sum to the sum of gradients times features: what the first-order expansion of the
    logit gives the layer. A channel that sums to zero has no weight.

    Parameters
    ----------
    features, gradients
        As for :func:`~saliencekit.functional.activation.grad_cam`.
    relu
        Keep only what speaks for the class; ``False`` keeps the sign.

    Returns
    -------
    Tensor
        (N, h, w), float32 or float64, also under autocast; in units of the logit; differentiable.

    Raises
    ------
    InputError
        As there.

    References
    ----------
    Fu, Hu, Dong, Guo, Gao, Li, "Axiom-based Grad-CAM: towards accurate visualization and explanation of CNNs",
    BMVC 2020, arXiv:2008.02312.

    Examples
    --------
    >>> features = torch.tensor([[[[1.0, 3.0]], [[0.0, 2.0]]]])
    >>> gradients = torch.tensor([[[[2.0, 0.0]], [[9.0, -1.0]]]])
    >>> xgrad_cam(features, gradients, relu=False)  # weights 2 / 4 and -1
    tensor([[[ 0.5000, -0.5000]]])
    """
    features, gradients = check_alike(features, gradients)
    total = features.sum((-2, -1))
    defined = total != 0
    moved = torch.where(defined, (features * gradients).sum((-2, -1)), 0)
    maps = weighted_sum(features, moved / torch.where(defined, total, 1))
    return maps.relu() if relu else maps
