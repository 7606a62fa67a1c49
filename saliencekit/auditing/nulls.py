"""What a number would be if the network had learnt nothing: the same network with re-drawn weights."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


@torch.no_grad()
def redrawn(model: nn.Module, images: Tensor, *, seed: int) -> nn.Module:
    """Return a copy of the network with weights drawn anew, in eval mode.

    Every layer that knows how to initialise itself does so; any other parameter is drawn from a normal
    distribution with its trained mean and standard deviation. Batch-normalisation statistics are then taken
    from ``images``, since those of the trained weights belong to other activations.

    Parameters
    ----------
    model
        Not changed.
    images
        ``(N, C, H, W)`` as the network takes them.
    seed
        Of the draw; the global random state is as before afterwards.
    """
    twin = copy.deepcopy(model).cpu()  # drawn there, the weights are the same on every device
    with _seeded(seed):
        for module in twin.modules():
            reset = getattr(module, "reset_parameters", None)
            own = list(module.parameters(recurse=False))
            if callable(reset):
                reset()
            else:
                for parameter in own:
                    spread = parameter.float().std(unbiased=False).item()
                    parameter.normal_(parameter.float().mean().item(), max(spread, 1e-12))
        _settle(twin.to(images.device), images)
    return twin.eval()


def _settle(network: nn.Module, images: Tensor) -> None:
    """Take the batch-normalisation statistics from one pass over the images."""
    normalisations = [module for module in network.modules() if isinstance(module, _BatchNorm)]
    if not normalisations:
        return
    network.eval()
    for module in normalisations:
        module.momentum = None  # cumulative average
        module.reset_running_stats()
        module.train(len(images) > 1)
    network(images)


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Draw from numbers of one's own: not those that the network was made with under the same seed."""
    digest = hashlib.sha256(f"{seed} re-drawn weights".encode()).digest()
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(int.from_bytes(digest[:8], "little"))  # of the CPU alone
        yield
