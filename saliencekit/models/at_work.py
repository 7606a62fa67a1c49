"""A network at work: in eval mode and on the device asked for, and as before afterwards."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


def device_of(network: nn.Module) -> torch.device | None:
    """Return the device that a network's weights are on; None if it has none.

    >>> device_of(nn.Linear(2, 2)), device_of(nn.ReLU())
    (device(type='cpu'), None)
    """
    tensor = next(network.parameters(), next(network.buffers(), None))
    return None if tensor is None else tensor.device


@contextmanager
def at_work(network: nn.Module, device: torch.device) -> Iterator[nn.Module]:
    """Give a network in eval mode on ``device``; the mode of each of its modules is as before afterwards.

    One that is on another device is copied there, never moved.

    >>> network = nn.Dropout()
    >>> with at_work(network, torch.device("cpu")) as here:
    ...     here is network, here.training
    (True, False)
    >>> network.training
    True
    """
    here = network if device_of(network) in (device, None) else copy.deepcopy(network).to(device)
    modes = {module: module.training for module in here.modules()}
    try:
        yield here.eval()
    finally:
        for module, training in modes.items():
            module.training = training
