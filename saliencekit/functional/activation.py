"""Class activation maps from what the last convolution saw: CAM and Grad-CAM, tensor to tensor."""

from __future__ import annotations

import torch
from torch import Tensor

from ..errors import InputError
from ._checks import as_float, check_shape, full_precision


def cam(features: Tensor, weight: Tensor, target: Tensor) -> Tensor:
    r"""Return the class activation map of every image: what each cell adds to the logit of ``target``.

    .. math:: s_k = \sum_c W_{t_k c} F_{kc}

    No bias and no ReLU, so that cells may be negative: they speak against the class. The mean over cells plus
    the bias is the logit, if the head is global average pooling and this linear layer.

    Parameters
    ----------
    features
        What the pooling sees, (N, C, h, w).
    weight
        Of the linear head, (K, C). With K = 1, class 0 is explained by the negated weight.
    target
        LongTensor (N,), the class explained; :func:`~saliencekit.functional.logits.resolve_target` gives it.

    Returns
    -------
    Tensor
        (N, h, w), float32 or float64, also under autocast; in units of the logit; differentiable.

    Raises
    ------
    InputError
        If the shapes do not fit together.

    References
    ----------
    Zhou, Khosla, Lapedriza, Oliva, Torralba, "Learning deep features for discriminative localization",
    CVPR 2016; used in [boyd2023cyborg]_.

    Examples
    --------
    >>> features = torch.tensor([[[[1.0, 0.0]], [[0.0, 2.0]]]])
    >>> cam(features, torch.tensor([[1.0, -1.0], [3.0, 5.0]]), torch.tensor([0]))
    tensor([[[ 1., -2.]]])
    """
    check_shape(features, "features", "N", "C", "h", "w")
    check_shape(weight, "weight", "K", "C")
    check_shape(target, "target", "N")
    if weight.shape[1] != features.shape[1] or len(target) != len(features):
        raise InputError(
            "expected `features` (N, C, h, w), `weight` (K, C) and `target` (N,) of one N and C, "
            f"got {tuple(features.shape)}, {tuple(weight.shape)} and {tuple(target.shape)}"
        )
    return weighted_sum(features, class_rows(weight, target))


def grad_cam(features: Tensor, gradients: Tensor, *, relu: bool = True) -> Tensor:
    r"""Return the Grad-CAM of every image: its features weighted by the mean gradient of each channel.

    .. math:: s = \mathrm{ReLU}\left(\sum_c \Big(\frac{1}{hw}\sum_{ij} G_{cij}\Big) F_c\right)

    Before the ReLU, and for a head of global average pooling and a linear layer, it is :func:`cam` / (h*w).

    Parameters
    ----------
    features
        Output of the layer explained, (N, C, h, w).
    gradients
        Of the class score by ``features``, same shape.
    relu
        Keep only what speaks for the class; ``False`` keeps the sign.

    Returns
    -------
    Tensor
        (N, h, w), float32 or float64, also under autocast; differentiable.

    Raises
    ------
    InputError
        If the shapes differ or are no (N, C, h, w).

    References
    ----------
    Selvaraju et al., "Grad-CAM: visual explanations from deep networks via gradient-based localization",
    ICCV 2017; used in [crum2023explain]_.

    Examples
    --------
    >>> features = torch.tensor([[[[1.0, 0.0]], [[0.0, 2.0]]]])
    >>> gradients = torch.tensor([[[[2.0, 0.0]], [[-1.0, -1.0]]]])
    >>> grad_cam(features, gradients), grad_cam(features, gradients, relu=False)
    (tensor([[[1., 0.]]]), tensor([[[ 1., -2.]]]))
    """
    features, gradients = check_alike(features, gradients)
    maps = weighted_sum(features, gradients.mean((-2, -1)))
    return maps.relu() if relu else maps


def class_rows(weight: Tensor, target: Tensor) -> Tensor:
    """Return the row of ``weight`` (K, C) of each image's class, (N, C); with K = 1, class 0 has it negated.

    >>> class_rows(torch.tensor([[1.0, -2.0]]), torch.tensor([1, 0]))
    tensor([[ 1., -2.],
            [-1.,  2.]])
    """
    if len(weight) == 1:
        return torch.where((target == 1)[:, None], weight, -weight)
    return weight.index_select(0, target)


def check_alike(features: Tensor, gradients: Tensor) -> tuple[Tensor, Tensor]:
    """Return both in one dtype, float32 or float64, or raise unless they are (N, C, h, w) of one shape."""
    check_shape(features, "features", "N", "C", "h", "w")
    if features.shape != gradients.shape:
        raise InputError(
            f"expected `gradients` of the shape of `features`, got {tuple(gradients.shape)} and {tuple(features.shape)}"
        )
    return as_float(features), as_float(gradients)


def weighted_sum(features: Tensor, weights: Tensor) -> Tensor:
    """Return the sum over channels of ``features`` (N, C, h, w) times ``weights`` (N, C), as (N, h, w)."""
    features, weights = as_float(features), as_float(weights)
    common = torch.promote_types(features.dtype, weights.dtype)
    with full_precision(features.device):
        flat = weights.to(common)[:, None] @ features.to(common).flatten(2)
    return flat.view(len(features), *features.shape[-2:])
