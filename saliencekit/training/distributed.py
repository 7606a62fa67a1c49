"""Several processes that share every batch: who this one is, and what has to be known to all."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import torch
import torch.distributed as dist
from torch import Tensor

from ..errors import UsageError

LAUNCHED = "TORCHELASTIC_RUN_ID"  # set by torchrun, for every process that it starts


def is_first_process(environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether this process is the one that writes and prints, told before the processes have met.

    torchrun numbers its processes by RANK; Lightning's own launcher starts this same command again with
    LOCAL_RANK above 0; Slurm says SLURM_PROCID, and NODE_RANK is set by hand on further machines.

    >>> is_first_process({}), is_first_process({"LOCAL_RANK": "1"}), is_first_process({"NODE_RANK": "1"})
    (True, False, False)
    """
    if "RANK" in environment:
        return environment["RANK"] == "0"
    return all(environment.get(name, "0") == "0" for name in ("LOCAL_RANK", "NODE_RANK", "SLURM_PROCID"))


def layout(devices: int, nodes: int, environment: Mapping[str, str] = os.environ) -> tuple[int, int]:
    """Return devices a machine and machines of this run: what was asked for, or what torchrun has started.

    Raises
    ------
    UsageError
        If torchrun has started another number of processes than was asked for.

    Examples
    --------
    >>> layout(2, 1, {}), layout(1, 1, {"TORCHELASTIC_RUN_ID": "x", "LOCAL_WORLD_SIZE": "4", "WORLD_SIZE": "8"})
    ((2, 1), (4, 2))
    """
    if LAUNCHED not in environment:
        return devices, nodes
    here, world = int(environment["LOCAL_WORLD_SIZE"]), int(environment["WORLD_SIZE"])
    if (devices, nodes) not in ((1, 1), (here, world // here)):
        raise UsageError(
            f"torchrun has started {here} processes on {world // here} machines, but devices={devices} and "
            f"nodes={nodes} were asked for: leave them out under torchrun"
        )
    return here, world // here


def together() -> bool:
    """Return whether several processes have met."""
    return dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1


def summed(tensor: Tensor) -> Tensor:
    """Return the sum over all processes; the tensor itself where there is one."""
    if together():
        dist.all_reduce(tensor)
    return tensor


def agreed(number: int, device: torch.device) -> int:
    """Return the largest number that any process brings; all must call this at the same point of the run."""
    if not together():
        return number
    largest = torch.tensor(number, device=device)
    dist.all_reduce(largest, op=dist.ReduceOp.MAX)
    return int(largest)


def of_batch(tensor: Tensor, shares: Sequence[int]) -> Tensor:
    """Return the rows of all processes, of which only this one's own are part of its graph.

    A loss of all the rows is then the same number everywhere, also where it is no mean over images (HSEB, adaptive
    weights). Its gradient by this process's rows is right; since every process has only its own part of the
    gradient and data parallelism takes their mean, the loss must be multiplied with the number of processes.

    Parameters
    ----------
    tensor
        (N, ...), of which the first ``shares[rank]`` rows count; rows of one size in all processes.
    shares
        How many rows each process has; nobody waits for the device to learn it.
    """
    if len(shares) == 1:
        return tensor
    rank = dist.get_rank()
    own = tensor[: shares[rank]]
    sent = tensor.new_zeros(max(shares), *tensor.shape[1:], dtype=_sendable(tensor))
    sent[: len(own)] = own.detach()
    parts = [torch.empty_like(sent) for _ in shares]
    dist.all_gather(parts, sent)
    rows = [own if each == rank else part[:share] for each, (part, share) in enumerate(zip(parts, shares, strict=True))]
    return torch.cat([row.to(tensor.dtype) for row in rows])


def of_all(tensor: Tensor) -> Tensor:
    """Return the rows of all processes, of which each may have another number; this waits for the device."""
    if not together():
        return tensor
    counts = [torch.zeros((), dtype=torch.int64, device=tensor.device) for _ in range(dist.get_world_size())]
    dist.all_gather(counts, torch.tensor(len(tensor), device=tensor.device))
    return of_batch(tensor.detach(), [int(count) for count in counts])


def _sendable(tensor: Tensor) -> torch.dtype:
    return torch.uint8 if tensor.dtype == torch.bool else tensor.dtype
