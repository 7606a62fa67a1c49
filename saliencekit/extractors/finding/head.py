"""The linear layer between the last features and the logits, where a network has one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from ...functional.activation import cam, class_rows
from ...functional.logits import class_logit

HeadModule = nn.Linear | nn.Conv2d
Link = Literal["linear", "rectified", "other"]


@dataclass(frozen=True)
class Head:
    """One linear layer that makes logits out of features (N, C, h, w), before or after global average pooling.

    Attributes
    ----------
    module
        The linear layer or 1x1 convolution; its weight is read at every call, so that training moves it.
    link
        How the logit of class t follows from the class map ``m = W[t] . F + b``: ``"linear"``, it is the mean of
        ``m``; ``"rectified"``, it is the mean of ``relu(m)`` (SqueezeNet); ``"other"``, it does not follow from
        these features alone (an earlier layer, or the same before its ReLU).
    """

    module: HeadModule
    link: Link

    @property
    def weight(self) -> Tensor:
        """The weight, (K, C)."""
        return self.module.weight.flatten(1)

    def bias_of(self, target: Tensor) -> Tensor:
        """Return the bias of the class explained, (N, 1, 1); with one logit, that of class 1 for all."""
        bias = self.module.bias
        if bias is None:
            return torch.zeros((), device=target.device)
        return (bias[torch.zeros_like(target)] if len(bias) == 1 else bias[target])[:, None, None]

    def open_cells(self, maps: Tensor, target: Tensor) -> Tensor:
        """Return 1 for the cells (N, h, w) that pass a rectified link's ReLU, else 0; ``maps`` is its CAM."""
        if len(self.module.weight) == 1:  # the CAM of class 0 is that of class 1 negated
            maps = torch.where((target == 1)[:, None, None], maps, -maps)
        return (maps + self.bias_of(target) > 0).to(maps.dtype)

    def open_share(self, maps: Tensor, target: Tensor) -> Tensor:
        """Return the share of cells, (N, 1, 1), that pass the ReLU behind the class map; ``maps`` is its CAM."""
        if self.link != "rectified":
            return torch.ones((), device=maps.device)
        return self.open_cells(maps, target).mean((1, 2), keepdim=True)

    def gradients(self, features: Tensor, target: Tensor) -> Tensor:
        """Return the gradient of each image's class logit by ``features`` (N, C, h, w), where the link is closed.

        The weight of the class over the number of cells, the same in every cell that passes the ReLU.
        """
        rows = class_rows(self.weight, target)[:, :, None, None] / features.shape[2:].numel()
        if self.link != "rectified":
            return rows.expand_as(features)
        return rows * self.open_cells(cam(features, self.weight, target), target)[:, None]


def module_of(root: nn.Module, weight: Tensor) -> HeadModule | None:
    """Return the linear layer or convolution of ``root`` that this weight belongs to.

    The weight may be made anew at every access (parametrisations): then the values decide. A layer that changes
    its weight before use (cosine classifiers) is not found.

    >>> net = nn.Sequential(nn.Flatten(), nn.Linear(4, 2))
    >>> module_of(net, net[1].weight) is net[1], module_of(net, net[1].weight + 1)
    (True, None)
    """
    layers = [module for module in root.modules() if isinstance(module, nn.Linear | nn.Conv2d)]
    for module in layers:
        if module.weight is weight:
            return module
    for module in layers:
        if module.weight.shape == weight.shape and torch.equal(module.weight, weight):
            return module
    return None


@torch.no_grad()
def is_mean(pooled: Tensor, features: Tensor) -> Tensor:
    """Return whether ``pooled`` is what averaging ``features`` (N, C, h, w) over its cells gives, as a 0-d tensor.

    What is not a number is no evidence against it.

    >>> is_mean(torch.ones(1, 2, 1, 1), torch.ones(1, 2, 3, 3)), is_mean(torch.ones(1, 2), torch.zeros(1, 2, 3, 3))
    (tensor(True), tensor(False))
    """
    return _near(pooled.flatten(1).float(), features.float().mean((2, 3)), pooled)


@torch.no_grad()
def makes(head: Head, logits: Tensor, features: Tensor) -> Tensor:
    """Return whether ``logits`` (N, K) are the mean of the class maps that ``head`` makes of ``features``, as 0-d.

    Only the predicted class of each image is looked at.

    >>> conv = nn.Conv2d(2, 3, 1)
    >>> features = torch.rand(4, 2, 5, 5)
    >>> makes(Head(conv, "linear"), conv(features).mean((2, 3)), features)
    tensor(True)
    """
    target = logits.argmax(1) if logits.shape[1] > 1 else torch.ones(len(logits), device=logits.device).long()
    maps = cam(features, head.weight, target) + head.bias_of(target)
    maps = maps.relu() if head.link == "rectified" else maps
    return _near(class_logit(logits, target), maps.mean((1, 2)), features)


def _near(given: Tensor, expected: Tensor, computed_in: Tensor) -> Tensor:
    tolerance = 1e-3 if computed_in.dtype in (torch.float32, torch.float64) else 5e-2  # TF32 keeps ten bits
    return ~((given - expected).abs() > tolerance * expected.abs().max()).any()
