"""What a monitor watches of somebody else's training: the network in a module, the images in a batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import InputError, UsageError

PARTS = ("model", "net", "network")  # attributes that hold the network in many a module


def network_of(module: nn.Module, given: nn.Module | str) -> nn.Module:
    """Return the network of a LightningModule: what is given, or has one of the usual names, or the module itself.

    Raises
    ------
    UsageError
        If the name given is of no network.
    """
    if isinstance(given, nn.Module):
        return given
    names = PARTS if given == "auto" else (given,)
    found = next((part for name in names if isinstance(part := getattr(module, name, None), nn.Module)), None)
    if found is None and given != "auto":
        parts = ", ".join(name for name, _ in module.named_children())
        raise UsageError(f"{type(module).__name__} has no network {given!r}: expected one of {parts or 'none'}")
    return module if found is None else found


def watched_of(batch: Any, *, limit: int) -> tuple[Tensor, Tensor | None]:
    """Return the first images (n, C, H, W) of a batch, and their labels (n,) if there are any, on the CPU.

    Parameters
    ----------
    batch
        Of any make: the images are its first 4-dimensional floats, the labels its first integers (N,).
    limit
        At most so many.

    Raises
    ------
    InputError
        If there are no images in it.

    Examples
    --------
    >>> images, labels = watched_of({"image": torch.rand(4, 3, 8, 8), "label": torch.tensor([0, 1, 1, 0])}, limit=2)
    >>> images.shape, labels
    (torch.Size([2, 3, 8, 8]), tensor([0, 1]))
    """
    tensors = list(_tensors(batch))
    images = next((each for each in tensors if each.dim() == 4 and each.is_floating_point() and each.numel()), None)
    if images is None:
        raise InputError(
            f"expected images (N, C, H, W) of floats in the first validation batch, got {type(batch).__name__} with "
            f"{len(tensors)} tensors: give SalienceMonitor `images`, as the network takes them"
        )
    known = (each for each in tensors if each.shape == images.shape[:1] and not each.is_floating_point())
    labels = next((each for each in known if each.dtype != torch.bool), None)
    return images[:limit].detach().cpu(), None if labels is None else labels[:limit].detach().cpu()


def _tensors(batch: Any) -> Iterator[Tensor]:
    if isinstance(batch, Tensor):
        yield batch
    elif isinstance(batch, Mapping):
        for each in batch.values():
            yield from _tensors(each)
    elif isinstance(batch, list | tuple):
        for each in batch:
            yield from _tensors(each)
