"""Batch normalisation whose statistics are those of the whole batch, where several processes share it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, cast

import torch
import torch.distributed as dist
from lightning.pytorch.plugins.layer_sync import LayerSync, TorchSyncBatchNorm
from torch import Tensor, nn

_stand_in: ContextVar[bool] = ContextVar("saliencekit_stand_in", default=False)


class SharedStatistics(LayerSync):
    """Makes batch normalisation see the batch of all processes; a plugin for Lightning's Trainer.

    On CUDA by torch's own ``SyncBatchNorm``, which counts stand-in rows too (a last batch with fewer images than
    processes); elsewhere, where torch has none, by layers of this module. Networks that bring batch norms of their
    own (timm's, fused with an activation) are converted by timm on CUDA and left as they are elsewhere.
    """

    def __init__(self, *, native: bool = False) -> None:
        self.native = native

    def apply(self, model: nn.Module) -> nn.Module:
        """Exchange the layers, in place."""
        if not self.native:
            for module in model.modules():
                if type(module) in _SHARED:
                    module.__class__ = _SHARED[type(module)]
            return model
        if "timm" in sys.modules:
            from timm.layers.norm_act import convert_sync_batchnorm

            return cast(nn.Module, convert_sync_batchnorm(model))  # type: ignore[no-untyped-call]
        return TorchSyncBatchNorm().apply(model)

    def revert(self, model: nn.Module) -> nn.Module:
        """Put the usual layers back."""
        if self.native:
            return TorchSyncBatchNorm().revert(model)
        for module in model.modules():
            if type(module) in _USUAL:
                module.__class__ = _USUAL[type(module)]
        return model


@contextmanager
def stand_in(active: bool) -> Iterator[None]:
    """Leave this process's rows out of all statistics within the block, if ``active``."""
    token = _stand_in.set(active)
    try:
        yield
    finally:
        _stand_in.reset(token)


class _Shared(nn.modules.batchnorm._BatchNorm):
    """Statistics over all processes in training, by two sums that gradients flow back through."""

    def _check_input_dim(self, input: Tensor) -> None:
        del input  # the class that this one stands for has checked it before

    def forward(self, input: Tensor) -> Tensor:
        """Return the normalised batch."""
        if not self.training:
            return super().forward(input)
        axes = [axis for axis in range(input.dim()) if axis != 1]
        counts = 0.0 if _stand_in.get() else 1.0
        shape = [1, -1] + [1] * (input.dim() - 2)
        cells = torch.full_like(input[0, :1].flatten()[:1], counts * input.numel() / input.shape[1])
        totals = _sum(torch.cat([input.sum(axes) * counts, cells]))
        n = totals[-1].detach()
        mean = totals[:-1] / n
        centred = input - mean.view(shape)
        variance = _sum(centred.square().sum(axes) * counts) / n
        self._follow(mean.detach(), variance.detach(), n)
        scaled = centred * torch.rsqrt(variance + self.eps).view(shape)
        return scaled if self.weight is None else scaled * self.weight.view(shape) + self.bias.view(shape)

    @torch.no_grad()
    def _follow(self, mean: Tensor, variance: Tensor, n: Tensor) -> None:
        if self.running_mean is None or self.running_var is None or self.num_batches_tracked is None:
            return
        self.num_batches_tracked.add_(1)
        share: Any = self.momentum if self.momentum is not None else 1.0 / self.num_batches_tracked
        self.running_mean.mul_(1 - share).add_(mean * share)
        self.running_var.mul_(1 - share).add_(variance * (n / (n - 1).clamp_min(1)) * share)


class _Sum(torch.autograd.Function):
    """The sum over all processes, of whose loss each has its own part."""

    @staticmethod
    def forward(ctx: Any, tensor: Tensor) -> Tensor:
        total = tensor.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        total = gradients[0].clone(memory_format=torch.contiguous_format)
        dist.all_reduce(total)
        return total


def _sum(tensor: Tensor) -> Tensor:
    return cast(Tensor, _Sum.apply(tensor))


class _Shared1d(_Shared):
    pass


class _Shared2d(_Shared):
    pass


class _Shared3d(_Shared):
    pass


_SHARED: dict[type, type] = {nn.BatchNorm1d: _Shared1d, nn.BatchNorm2d: _Shared2d, nn.BatchNorm3d: _Shared3d}
_USUAL = {shared: usual for usual, shared in _SHARED.items()}
