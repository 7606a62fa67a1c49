"""What a layer gives: the tensor in it, put back where it was taken from, or why there is none."""

from __future__ import annotations

from typing import Any

from torch import Tensor
from torch.utils._pytree import tree_map_only

from ...errors import ModelError


def tensor_of(out: object) -> Tensor | None:
    """Return ``out``, or the first of a tuple or list, if that is a tensor; attention gives tuples.

    >>> import torch
    >>> tensor_of((torch.zeros(2), None)), tensor_of({"no": "tensor"})
    (tensor([0., 0.]), None)
    """
    first = out[0] if isinstance(out, tuple | list) and out else out
    return first if isinstance(first, Tensor) else None


def in_place_of(part: Tensor, given: Tensor, out: object) -> object:
    """Return ``out`` with ``given`` wherever the tensor ``part`` was, or ``None`` where that changes nothing."""
    if given is part:
        return None
    changed: Any = tree_map_only(Tensor, lambda each: given if each is part else each, out)
    return changed


def as_features(name: str, out: object) -> Tensor:
    """Return the maps or tokens that a layer gave, else raise :class:`~saliencekit.errors.ModelError`."""
    part = tensor_of(out)
    if part is not None and part.dim() in (3, 4) and part.is_floating_point():
        return part
    got = type(out).__name__ if part is None else tuple(part.shape)
    raise ModelError(f"expected layer {name!r} to give maps of shape (N, C, h, w) or tokens (N, L, C), got {got}")


def not_once(name: str, runs: int) -> ModelError:
    """Return the error for a layer that ran another number of times than once."""
    if runs == 0:
        return ModelError(f"layer {name!r} did not run when the model did: name another layer")
    return ModelError(f"layer {name!r} ran {runs} times in one forward, so which maps to explain is open: name another")
