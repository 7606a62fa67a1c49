"""Seeds that are functions of what they are for, so that nothing has to be restored to resume."""

from __future__ import annotations

import hashlib

import torch
from torch import Tensor


def derived_seed(seed: int, *parts: str | int) -> int:
    """Return a 63-bit seed that depends on ``seed`` and on every part.

    >>> derived_seed(0, "order", 1) == derived_seed(0, "order", 1)
    True
    >>> derived_seed(0, "order", 1) == derived_seed(0, "order", 2)
    False
    """
    text = "\0".join(str(part) for part in (seed, *parts))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def epoch_order(count: int, *, seed: int, epoch: int) -> Tensor:
    """Return the order in which an epoch sees its ``count`` images: a (count,) permutation.

    >>> sorted(epoch_order(4, seed=0, epoch=0).tolist())
    [0, 1, 2, 3]
    """
    generator = torch.Generator().manual_seed(derived_seed(seed, "order", epoch))
    return torch.randperm(count, generator=generator)


def seed_step(seed: int, device: torch.device) -> None:
    """Seed torch's global generators of the CPU and of ``device``.

    ``torch.manual_seed`` does this for every device there may ever be, which costs more than a small step.
    """
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        torch.cuda.manual_seed(seed)
