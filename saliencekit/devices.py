"""The device and the number of decoding processes that words and numbers of the settings stand for."""

from __future__ import annotations

import os

import torch

from .errors import EnvironmentFault, UsageError


def chosen_device(name: str, *, here: torch.device | None = None) -> torch.device:
    """Return the device that ``name`` stands for; "auto" is ``here``, else the best of the machine.

    Raises
    ------
    UsageError
        If there is no such word.
    EnvironmentFault
        If there is no such device.

    Examples
    --------
    >>> chosen_device("cpu")
    device(type='cpu')
    """
    if name == "auto":
        accelerator = here or torch.accelerator.current_accelerator(check_available=True)
        return accelerator if accelerator is not None else torch.device("cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise UsageError(f"unknown device {name!r}: expected auto, cpu, cuda, cuda:1, mps or the like") from error
    if device.type == "meta":
        raise UsageError("device 'meta' has no values: choose cpu or an accelerator")
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise EnvironmentFault(f"device {name!r} cannot be used here: {str(error).splitlines()[0]}") from error
    return device


def decoding_processes(asked: int, images: int, device: torch.device) -> int:
    """Return ``asked``, or for -1 as many processes as decoding so many images is worth.

    >>> decoding_processes(3, 10, torch.device("cpu")), decoding_processes(-1, 10, torch.device("cpu"))
    (3, 0)
    """
    if asked >= 0:
        return asked
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if images < 256:
        return 0  # starting a process costs more than decoding so few
    return min(16, cores) if device.type != "cpu" else min(8, max(1, cores // 2))
