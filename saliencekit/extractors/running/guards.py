"""What is switched while an extractor runs the network, each switched back also after an exception."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from ..finding.modules import is_compiled


def eager(model: nn.Module) -> AbstractContextManager[object]:
    """Return a context in which what was compiled in ``model`` runs as plain Python, so that hooks run.

    A compiled network ignores hooks that came after its first call.

    >>> with eager(nn.Linear(2, 2)):
    ...     pass
    """
    return torch.compiler.set_stance("force_eager") if is_compiled(model) else nullcontext()


@contextmanager
def untouched(root: nn.Module, device: torch.device) -> Iterator[None]:
    """Run a forward of ``root`` that leaves its buffers, the global random state and autocast's cache as they were.

    Modules in train mode compute on copies of their buffers (the running means of batch normalisation), and the
    generators of the CPU and of ``device`` are set back.

    >>> net = nn.BatchNorm1d(2).train()
    >>> with untouched(net, torch.device("cpu")):
    ...     _ = net(torch.randn(8, 2))
    >>> net.running_mean
    tensor([0., 0.])
    """
    devices = [device] if device.type in ("cuda", "xpu") else []
    kind = device.type if devices else "cuda"
    with _copied_buffers(root), torch.random.fork_rng(devices, device_type=kind), _uncached(device):
        yield


@contextmanager
def outside_inference() -> Iterator[None]:
    """Leave inference mode, if it is on, keeping whether gradients are recorded.

    >>> with torch.inference_mode(), outside_inference():
    ...     torch.is_inference_mode_enabled(), torch.is_grad_enabled()
    (False, False)
    """
    recording = torch.is_grad_enabled()
    with torch.inference_mode(False), torch.set_grad_enabled(recording):
        yield


def twice_differentiable() -> AbstractContextManager[object]:
    """Return a context in which attention is computed so that its gradient has a gradient: fused kernels' has none.

    >>> with twice_differentiable():
    ...     torch.backends.cuda.flash_sdp_enabled()
    False
    """
    return sdpa_kernel(SDPBackend.MATH)


@contextmanager
def _copied_buffers(root: nn.Module) -> Iterator[None]:
    originals = [
        (module._buffers, name, buffer)
        for module in root.modules()
        if module.training
        for name, buffer in module._buffers.items()
        if buffer is not None
    ]
    try:
        with outside_inference():  # a copy made in inference mode could not be updated outside it
            for buffers, name, buffer in originals:
                buffers[name] = buffer.clone()
        yield
    finally:
        for buffers, name, buffer in originals:
            buffers[name] = buffer


def _uncached(device: torch.device) -> AbstractContextManager[object]:
    # autocast keeps the narrowed weights for the rest of its block; earlier releases of torch then hand those made
    # without gradients to the caller's next forward, which trains nothing
    kind = device.type
    if not torch.amp.is_autocast_available(kind) or not torch.is_autocast_enabled(kind):
        return nullcontext()
    return torch.autocast(kind, dtype=torch.get_autocast_dtype(kind), cache_enabled=False)
