"""A split's images in the memory of the accelerator, where an epoch costs no copies."""

from __future__ import annotations

import torch

from ..errors import EnvironmentFault, UsageError
from .caching import Loaded
from .examples import Examples


def moved(loaded: Loaded, split: str, device: torch.device) -> Examples:
    """Return a split's images on an accelerator.

    Raises
    ------
    UsageError
        If they are not kept in memory.
    EnvironmentFault
        If the accelerator has no room for them.
    """
    kept = loaded.kept
    if kept is None:
        raise UsageError(f"the split {split!r} is not kept in memory, so it cannot be moved to {device}")
    try:
        return kept.to(device)
    except torch.OutOfMemoryError as error:
        size = sum(each.numel() * each.element_size() for each in kept) / 2**30
        raise EnvironmentFault(
            f"no room for {size:.2f} GiB of images of the split {split!r} on {device}: use the cache 'ram'"
        ) from error
