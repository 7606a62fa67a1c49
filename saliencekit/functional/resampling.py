"""How often each image of a stratified sample is drawn, resample after resample, in little memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from ..errors import InputError
from .random import Draw

AT_ONCE = 2**19
"""Numbers drawn at a time: what bounds the memory of a bootstrap."""


def resampled_weights(strata: Mapping[str, int], *, resamples: int, seed: int = 0) -> Iterator[Tensor]:
    """Yield how often each image is in each resample, some resamples at a time.

    From each stratum as many images are drawn, with replacement, as it has. A stratum's draws depend on its name, its
    size and the seed, and on nothing else: two samples that share a stratum share its resamples.

    Parameters
    ----------
    strata
        Number of images by the stratum's name; the images are numbered in this order.
    resamples
        Number of resamples in all.
    seed
        No global generator is used.

    Yields
    ------
    Tensor
        (r, n) float32 (float64 from 2^24 images on, whose sums float32 cannot hold), counts; each row sums to n, and
        within a stratum to its size. r is as many as memory allows.

    Raises
    ------
    InputError
        If a stratum is empty, or ``resamples`` is below 1.

    Examples
    --------
    >>> [weights] = resampled_weights({"real": 2, "fake": 3}, resamples=4)
    >>> weights.shape, weights[:, :2].sum(1).tolist(), weights.sum(1).tolist()
    (torch.Size([4, 5]), [2.0, 2.0, 2.0, 2.0], [5.0, 5.0, 5.0, 5.0])
    """
    if resamples < 1:
        raise InputError(f"expected one or more `resamples`, got {resamples}")
    if not strata or min(strata.values()) < 1:
        raise InputError(f"expected strata of at least one image each, got {dict(strata)}")
    keys = Draw.of(seed, list(strata), "bootstrap").keys.tolist()
    generators = [torch.Generator().manual_seed(key) for key in keys]
    step = max(1, AT_ONCE // sum(strata.values()))
    for start in range(0, resamples, step):
        rows = min(step, resamples - start)
        drawn = [_counts(size, rows, each) for size, each in zip(strata.values(), generators, strict=True)]
        yield torch.cat(drawn, dim=1).to(torch.float32 if sum(strata.values()) < 2**24 else torch.float64)


def _counts(size: int, rows: int, generator: torch.Generator) -> Tensor:
    pick = torch.randint(size, (rows, size), generator=generator, dtype=torch.int32)
    if rows > 1:
        pick += torch.arange(0, rows * size, size, dtype=torch.int32)[:, None]
    return torch.bincount(pick.flatten(), minlength=rows * size).view(rows, size)
