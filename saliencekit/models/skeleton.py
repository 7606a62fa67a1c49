"""The names and shapes of an architecture's weights, read off a network that was built without any weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from .build import build
from .callables import imported
from .spec import Spec

Shape = tuple[int, ...]

# A number of classes that is no other dimension of any network: whatever has it depends on the classes.
MARK = 1013


@dataclass(frozen=True)
class Skeleton:
    """What the weights of an architecture are called and how large they are.

    Parameters
    ----------
    spec
        The architecture.
    shapes
        Shape of each tensor of the state dict, in its order.
    integers
        The tensors that hold whole numbers (counters, indices).
    classes
        The tensors whose first dimension is the number of classes; the last of them is the head's.
    stem
        The weight of the first convolution, whose second dimension is the number of image channels.
    """

    spec: Spec
    shapes: Mapping[str, Shape]
    integers: frozenset[str]
    classes: tuple[str, ...]
    stem: str | None


def skeleton(spec: Spec) -> Skeleton:
    """Return the skeleton of an architecture; those of torchvision and our own are built on the meta device.

    >>> from saliencekit.models.spec import parse_spec
    >>> skeleton(parse_spec("saliencekit:small-cnn")).classes
    ('head.weight', 'head.bias')
    """
    return _skeleton(spec, None if spec.known or spec.room == "timm" else imported(spec))


@lru_cache(maxsize=256)
def _skeleton(spec: Spec, _make: Callable[..., object] | None) -> Skeleton:
    """A callable is part of what is remembered, since a module may be loaded anew."""
    with weightless() if spec.known else seeded():
        model = build(spec, MARK)
    state = model.state_dict()
    shapes = {name: tuple(tensor.shape) for name, tensor in state.items() if isinstance(tensor, torch.Tensor)}
    return Skeleton(
        spec=spec,
        shapes=shapes,
        integers=frozenset(name for name in shapes if not state[name].is_floating_point()),
        classes=tuple(name for name, shape in shapes.items() if shape[:1] == (MARK,)),
        stem=next((name for name, shape in shapes.items() if len(shape) == 4), None),
    )


class _WeightsOnMeta(TorchFunctionMode):
    """Puts what parameters and statistics are made of on the meta device, and leaves real arithmetic alone.

    ``torch.device("meta")`` would do the same to every tensor, and some networks compute their widths with
    tensors.
    """

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if func in (torch.empty, torch.zeros, torch.ones):
            kwargs = {**kwargs, "device": "meta"}
        return func(*args, **kwargs)


@contextmanager
def weightless() -> Iterator[None]:
    """Inside, networks are built with weights that have a shape and no memory, and nothing is drawn."""
    with torch.random.fork_rng(devices=[]), _WeightsOnMeta():
        yield


@contextmanager
def seeded() -> Iterator[None]:
    """Inside, initial weights are the same each time; the global generator is as before afterwards."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


def is_counter(name: str) -> bool:
    """Whether a name is that of batch norm's step counter, which old files lack and no output depends on.

    >>> is_counter("bn1.num_batches_tracked"), is_counter("bn1.weight")
    (True, False)
    """
    return name.rpartition(".")[2] == "num_batches_tracked"
