"""The device and the processes that settings stand for, and what is done when the device runs out of memory."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TypeVar

import torch

from .errors import EnvironmentFault, UsageError

_Found = TypeVar("_Found")
MIXED = {"bf16-mixed": torch.bfloat16, "16-mixed": torch.float16}
FEW = 256  # images that are decoded sooner than a process is started
FULL = ("can't allocate memory", "not enough memory", "out of memory")  # what torch says of the CPU and of mps


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


def decoding_processes(asked: int, images: int, device: torch.device | None = None) -> int:
    """Return ``asked``, or for -1 as many processes as decoding so many images is worth.

    Parameters
    ----------
    asked
        A number, or -1.
    images
        How many there are; for a few, none.
    device
        Where a network looks at them meanwhile: the CPU leaves half of its cores to it. None if none does.

    Examples
    --------
    >>> decoding_processes(3, 10), decoding_processes(-1, 10)
    (3, 0)
    """
    if asked >= 0:
        return asked
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if images < FEW:
        return 0
    return min(8, max(1, cores // 2)) if device is not None and device.type == "cpu" else min(16, cores)


def arithmetic(device: torch.device, precision: str) -> AbstractContextManager[object]:
    """Return a context in which networks compute in ``"32"`` bits, or in ``"bf16-mixed"`` or ``"16-mixed"`` precision.

    >>> with arithmetic(torch.device("cpu"), "bf16-mixed"):
    ...     torch.nn.Linear(2, 2)(torch.ones(1, 2)).dtype
    torch.bfloat16
    """
    return nullcontext() if precision == "32" else torch.autocast(device.type, dtype=MIXED[precision])


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether an error means that the device, or the machine, has no memory left.

    >>> is_out_of_memory(torch.OutOfMemoryError("full")), is_out_of_memory(RuntimeError("expected 3 channels"))
    (True, False)
    """
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in FULL)


def in_halves(look: Callable[[slice], _Found], some: slice, joined: Callable[[_Found, _Found], _Found]) -> _Found:
    """Return ``look(some)``; where the device runs out of memory, that of each half of it, joined.

    Parameters
    ----------
    look
        From a slice of the images to what they give.
    some
        From where to where.
    joined
        Makes one of two halves.

    Raises
    ------
    EnvironmentFault
        If there is no memory for one image alone.

    Examples
    --------
    >>> in_halves(lambda some: [some.start, some.stop], slice(0, 4), list.__add__)
    [0, 4]
    """
    try:
        return look(some)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        if some.stop - some.start < 2:
            raise EnvironmentFault(
                f"there is no memory for a single image ({(str(error).splitlines() or ['no more'])[0][:200]}): "
                "take smaller images, a smaller model, or another --device"
            ) from error
    torch.cuda.empty_cache()  # only now: the error held what had been computed
    middle = (some.start + some.stop) // 2
    return joined(in_halves(look, slice(some.start, middle), joined), in_halves(look, slice(middle, some.stop), joined))
