"""What is known of a network beside its weights: where it came from, its classes, its input, its training."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import nn

from ..errors import ModelError
from ..preprocessing import Preprocessing

ATTRIBUTE = "saliencekit_info"


@dataclass(frozen=True)
class ModelInfo:
    """What is known of a network.

    Parameters
    ----------
    arch
        The architecture as :func:`build_model` takes it ("torchvision:densenet121"); ``None`` if unknown.
    num_classes
        Length of the logits; 1 for a one-logit head.
    classes
        Names of the classes in the order of the labels; empty if unknown. A one-logit head has two.
    preprocessing
        What the checkpoint records, or what belongs to published weights; ``None`` if neither is known.
    data
        The data set that the checkpoint records, as an absolute path.
    training
        The training record, as plain JSON values.
    path, sha256
        The file, and the SHA-256 of its content.
    format
        What the file was, in words.
    parameters
        Number of weights, buffers not counted.
    missing
        Names that the file lacked and that were allowed to be missing; they are at their initial values.
    """

    arch: str | None
    num_classes: int
    classes: tuple[str, ...] = ()
    preprocessing: Preprocessing | None = None
    data: str | None = None
    training: Mapping[str, Any] = field(default_factory=dict)
    path: str | None = None
    format: str = "module in memory"
    sha256: str | None = None
    parameters: int = 0
    missing: tuple[str, ...] = ()


def model_info(model: nn.Module) -> ModelInfo:
    """Return what is known of ``model``: what :func:`load_model` or :func:`build_model` noted, else the little
    that can be seen on it.

    Parameters
    ----------
    model
        Any network; one wrapped by ``torch.compile`` or data parallelism is looked into.

    Raises
    ------
    ModelError
        If the number of classes cannot be told, since the network has neither a linear layer nor a convolution.

    Examples
    --------
    >>> model_info(nn.Sequential(nn.Flatten(), nn.Linear(8, 3))).num_classes
    3
    """
    inner = unwrapped(model)
    noted = getattr(inner, ATTRIBUTE, None)
    if isinstance(noted, ModelInfo):
        return noted
    return ModelInfo(arch=None, num_classes=head_length(inner), parameters=count_parameters(inner))


def note_info(model: nn.Module, info: ModelInfo) -> nn.Module:
    """Put ``info`` on ``model``, where :func:`model_info` finds it, and return the model."""
    setattr(model, ATTRIBUTE, info)
    return model


def unwrapped(model: nn.Module) -> nn.Module:
    """Return the network inside the wrappers of ``torch.compile``, ``DataParallel`` and DDP."""
    while True:
        inner = getattr(model, "_orig_mod", None)
        if inner is None and isinstance(model, nn.DataParallel | nn.parallel.DistributedDataParallel):
            inner = model.module
        if not isinstance(inner, nn.Module):
            return model
        model = inner


def count_parameters(model: nn.Module) -> int:
    """Return the number of weights, each shared one counted once; buffers are not counted."""
    return sum(math.prod(parameter.shape) for parameter in model.parameters())


def head_length(model: nn.Module) -> int:
    """Return the length of the logits, read from the last linear layer, or failing that the last convolution.

    >>> head_length(nn.Sequential(nn.Conv2d(3, 8, 3), nn.AdaptiveAvgPool2d(1), nn.Conv2d(8, 5, 1)))
    5
    """
    linear = convolution = None
    for module in model.modules():
        if isinstance(module, nn.Linear):
            linear = module.out_features
        elif isinstance(module, nn.Conv2d):
            convolution = module.out_channels
        elif getattr(module, "original_name", None) == "Linear":  # TorchScript keeps the name and the weight
            linear = len(dict(module.named_parameters(recurse=False))["weight"])
    length = linear if linear is not None else convolution
    if length is None:
        raise ModelError(
            f"the number of classes of {type(model).__name__} cannot be told: it has no linear layer and no convolution"
        )
    return length
