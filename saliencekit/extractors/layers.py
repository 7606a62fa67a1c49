"""Which layers of a model give maps, and which of them is explained if none is named."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .finding.modules import resolve_layer, unwrap
from .running.capture import Capture
from .running.guards import eager, untouched
from .running.watcher import Watcher


@dataclass(frozen=True)
class Layer:
    """A layer that gives maps.

    Attributes
    ----------
    name
        As in ``named_modules()``.
    shape
        Of its maps, (N, C, h, w), whatever its layout.
    chosen
        Whether it is what ``layer="auto"`` explains.
    dropped
        How many of its tokens are none of the patches: class, distillation and register tokens.
    """

    name: str
    shape: tuple[int, ...]
    chosen: bool
    dropped: int = 0


def candidate_layers(model: nn.Module, images: Tensor, *, output: str | int | None = None) -> tuple[Layer, ...]:
    """Return every layer of ``model`` that gives maps for ``images``, in the order in which they finish.

    Parameters
    ----------
    model
        A classifier.
    images
        (N, C, H, W), of the size and channels that the model is used on.
    output
        Where the logits are in what the model returns, as for :class:`Extractor`.

    Returns
    -------
    tuple of Layer
        Exactly one is ``chosen``: that which ``layer="auto"`` explains.

    Raises
    ------
    ModelError
        If no layer gives maps.

    Examples
    --------
    >>> net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 2))
    >>> for layer in candidate_layers(net, torch.zeros(1, 3, 9, 9)):
    ...     print(layer)
    Layer(name='0', shape=(1, 8, 7, 7), chosen=False, dropped=0)
    Layer(name='1', shape=(1, 8, 7, 7), chosen=True, dropped=0)
    """
    capture, layers = _traced(model, images, None, output)
    last = max((place for place, (name, *_) in enumerate(layers) if name == capture.plan.name), default=-1)
    return tuple(Layer(name, shape, place == last, dropped) for place, (name, shape, dropped) in enumerate(layers))


def find_layer(model: nn.Module, images: Tensor, *, output: str | int | None = None) -> str:
    """Return the name of the layer that ``layer="auto"`` explains; see :func:`candidate_layers`.

    >>> net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 2))
    >>> find_layer(net, torch.zeros(1, 3, 9, 9))
    '1'
    """
    return _traced(model, images, None, output)[0].plan.name


def linear_head(
    model: nn.Module, images: Tensor, layer: str | nn.Module = "auto", *, output: str | int | None = None
) -> nn.Linear | nn.Conv2d | None:
    """Return the one linear layer that makes the logits of ``model`` out of ``layer`` and average pooling, or ``None``.

    Where it is, CAM is defined and Grad-CAM needs no backward.

    >>> net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 2))
    >>> linear_head(net, torch.zeros(1, 3, 9, 9)) is net[4], linear_head(net, torch.zeros(1, 3, 9, 9), "0")
    (True, None)
    """
    plan = _traced(model, images, layer, output)[0].plan
    return plan.head.module if plan.head is not None and plan.closed else None


def _traced(
    model: nn.Module, images: Tensor, layer: str | nn.Module | None, output: str | int | None
) -> tuple[Capture, list[tuple[str, tuple[int, ...], int]]]:
    root = unwrap(model)
    name = None if layer is None else resolve_layer(root, layer)
    watcher = Watcher(root, layer=name, gradient=False, output=output)
    with ExitStack() as stack:
        stack.enter_context(eager(model))
        stack.enter_context(watcher.watching())
        stack.enter_context(watcher.alone())
        stack.enter_context(untouched(root, images.device))
        stack.enter_context(torch.no_grad())
        root(images)
        return watcher.capture(), watcher.layers
