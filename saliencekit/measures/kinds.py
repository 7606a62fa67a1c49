"""What is the matter with a map: its name, so that each case is counted under its own."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from ..functional import is_degenerate

KINDS = ("zero", "constant", "non-finite", "one-pixel")
DEGENERATE = KINDS[:3]


def map_kinds(maps: Tensor) -> Tensor:
    """Return what is the matter with each map, as its place in ``KINDS``, or -1.

    Parameters
    ----------
    maps
        ``(N, h, w)``, raw.

    Returns
    -------
    Tensor
        ``(N,)``, int64. Of the maps that :func:`~saliencekit.functional.is_degenerate` finds: 0 if all cells are
        zero; 1 if they are alike, but for less than can be scaled; 2 if a cell, or their range, is no finite number.
        Of the others: 3 if one cell differs from the rest, which are alike; its entropy is 0 if it is the highest.

    Examples
    --------
    >>> map_kinds(torch.tensor([[[0.0, 0.0, 0.0]], [[3.0, 3.0, 3.0]], [[0.0, 1.0, torch.nan]], [[0.0, 2.0, 0.0]]]))
    tensor([0, 1, 2, 3])
    >>> map_kinds(torch.tensor([[[0.0, 1.0, 2.0]]]))
    tensor([-1])
    """
    high, low = maps.amax((-2, -1), keepdim=True), maps.amin((-2, -1), keepdim=True)
    rest = maps.shape[-2] * maps.shape[-1] - 1
    lone = ((maps == low).sum((-2, -1)) == rest) | ((maps == high).sum((-2, -1)) == rest)
    zero = ((high == 0) & (low == 0)).flatten()
    finite = (high - low).isfinite().flatten()
    flat = torch.where(zero, 0, torch.where(finite, 1, 2))
    return torch.where(is_degenerate(maps), flat, torch.where(lone, 3, -1))


def count_kinds(words: Iterable[object]) -> dict[str, int]:
    """Return how many of the words are each of ``KINDS``; other words are not counted.

    >>> count_kinds(["zero", None, "zero", "one-pixel"])
    {'zero': 2, 'constant': 0, 'non-finite': 0, 'one-pixel': 1}
    """
    found = list(words)
    return {kind: found.count(kind) for kind in KINDS}
