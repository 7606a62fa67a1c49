"""Run by two processes that test_distributed.py and test_batch_norm.py start: ``shared_parts.py RANK FOLDER``."""

import sys
from pathlib import Path

import torch
import torch.distributed as dist
from torch import nn

from saliencekit.training.batch_norm import SharedStatistics, stand_in
from saliencekit.training.distributed import agreed, of_all, of_batch, summed, together
from saliencekit.training.whole_batch import own_rank, shares_of


def parts(rank):
    """Words between processes."""
    images = torch.arange(10.0).view(5, 2)
    own = images[rank::2].clone().requires_grad_()
    whole = of_batch(own, (3, 2))
    (whole.square().sum() * 2).backward()
    alone = images[:1].clone().requires_grad_()
    single = of_batch(alone, (1, 0))
    single.sum().backward()
    return {
        "together": together(),
        "rank": own_rank(),
        "whole": whole.detach(),
        "gradient": own.grad,
        "bools": of_batch(torch.tensor([True, rank == 1]), (2, 1)),
        "single": single.detach(),
        "stand_in_gradient": alone.grad,
        "agreed": agreed(15 * rank, torch.device("cpu")),
        "summed": summed(torch.tensor([1.0, rank])),
        "all": of_all(torch.full((rank + 1, 1), float(rank))),
        "shares_without_order": shares_of([], 0, rank + 3),
    }


def network():
    """Batch norms of both kinds, one of them with a running mean over all steps."""
    torch.manual_seed(0)
    parts = nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.Flatten(), nn.Linear(48, 4), nn.BatchNorm1d(4)
    parts[-1].momentum = None
    return nn.Sequential(*parts).double()


def loss_of(output):
    return (output * torch.linspace(-1, 1, output.numel(), dtype=output.dtype).view_as(output)).square().sum()


def norms(rank, *, images, shares):
    """A network's outputs, gradients and buffers on this process's part of a batch."""
    model = network()
    SharedStatistics().apply(model)
    own = images[rank::2] if shares[rank] else images[:1]
    with stand_in(shares[rank] == 0):
        whole = of_batch(model(own), shares)
    (2 * loss_of(whole)).backward()
    for parameter in model.parameters():
        dist.all_reduce(parameter.grad)
        parameter.grad /= 2  # as data parallelism does
    SharedStatistics().revert(model)
    return {
        "output": whole.detach(),
        "gradients": [parameter.grad for parameter in model.parameters()],
        "buffers": dict(model.named_buffers()),
        "types": [type(module).__name__ for module in model],
    }


if __name__ == "__main__":
    place, folder = int(sys.argv[1]), Path(sys.argv[2])
    dist.init_process_group("gloo", init_method=f"file://{folder}/store", rank=place, world_size=2)
    batch = torch.randn(5, 1, 6, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    found = {
        "parts": parts(place),
        "norms": norms(place, images=batch, shares=(3, 2)),
    }
    torch.save(found, folder / f"{place}.pt")
    dist.destroy_process_group()
