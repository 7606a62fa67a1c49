"""One training batch as all processes see it, whatever part of it each has computed."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch.distributed as dist
from torch import Tensor

from .distributed import of_batch, together
from .examples import Examples
from .figures import on_grid
from .sight import Seen


class WholeBatch(NamedTuple):
    """What a loss takes, with the rows of all processes; gradients flow to this process's own."""

    logits: Tensor
    labels: Tensor
    maps: Tensor
    human_maps: Tensor
    has_map: Tensor
    places: Tensor
    auxiliary: tuple[tuple[float, Tensor], ...]


def whole_batch(seen: Seen, batch: Examples, shares: tuple[int, ...]) -> WholeBatch:
    """Put the parts of a batch together; with one process, the batch is what it has seen."""
    human_maps = batch.human_maps
    if len(shares) > 1 and human_maps.shape[-1] > 1:
        human_maps = on_grid(human_maps, batch.has_map, (seen.maps.shape[-2], seen.maps.shape[-1]))
    return WholeBatch(
        logits=of_batch(seen.logits, shares),
        labels=of_batch(batch.labels, shares),
        maps=of_batch(seen.maps, shares),
        human_maps=of_batch(human_maps, shares),
        has_map=of_batch(batch.has_map, shares),
        places=of_batch(batch.places, shares),
        auxiliary=tuple((weight, of_batch(logits, shares)) for weight, logits in seen.auxiliary),
    )


def shares_of(loader: object, batch: int, rows: int) -> tuple[int, ...]:
    """Return how many rows of a batch each process has, of which this one has ``rows`` at most.

    Told by ``loader.order`` (:class:`~saliencekit.training.order.EpochBatches`), without a word between the
    processes; a loader without one has no stand-ins, and its processes tell each other.

    >>> shares_of([], 0, 8)
    (8,)
    """
    if not together():
        return (rows,)
    order = getattr(loader, "order", None)
    if order is not None:
        shares: tuple[int, ...] = order.shares(batch)
        return shares
    told: list[int] = [0] * dist.get_world_size()
    dist.all_gather_object(told, rows)
    return tuple(told)


def own_rank() -> int:
    """Return the place of this process among all; 0 where there is one."""
    return dist.get_rank() if together() else 0


def group_weight(batch: int, *, accumulate: int, batches: int, size: Callable[[int], int]) -> float:
    """Return what makes a batch's loss, divided by ``accumulate`` as Lightning does, its part of a mean over images.

    The gradients of ``accumulate`` batches are added up before a step; the last group of an epoch may have fewer
    batches, and the last batch fewer images.

    Parameters
    ----------
    batch
        Number of the batch within the epoch.
    accumulate
        Batches whose gradients are added up.
    batches
        Of the epoch.
    size
        Images of a batch.

    Examples
    --------
    Batches of 8, 8 and 4 images, in groups of two: the last one stands alone.

    >>> [group_weight(batch, accumulate=2, batches=3, size=[8, 8, 4].__getitem__) for batch in range(3)]
    [1.0, 1.0, 2.0]
    """
    first = batch - batch % accumulate
    group = range(first, min(first + accumulate, batches))
    return accumulate * size(batch) / sum(size(each) for each in group)
