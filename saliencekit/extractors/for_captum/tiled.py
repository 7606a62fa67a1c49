"""Overlapping max pooling as pooling of windows that do not overlap: captum's DeepLift is exact for these alone."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

Pair = tuple[int, int]


class Tiled(nn.Module):
    """Computes what ``pool`` computes, on a copy of its input in which every window has its own cells.

    >>> import torch
    >>> pool, x = nn.MaxPool2d(3, 2, 1), torch.rand(1, 1, 7, 8)
    >>> torch.equal(Tiled(pool)(x), pool(x))
    True
    """

    def __init__(self, pool: nn.MaxPool2d) -> None:
        super().__init__()
        self._pool = (pool,)  # no child: it is asked for the size alone
        self._kernel, self._stride, self._padding = (
            _pair(each) for each in (pool.kernel_size, pool.stride, pool.padding)
        )
        self.windows = nn.MaxPool2d(self._kernel, self._kernel)

    def forward(self, x: Tensor) -> Tensor:
        """Return the maxima, (N, C, h, w)."""
        size = self._pool[0](x.detach()).shape[-2:]
        after = [
            (cells - 1) * stride + kernel - side - padding
            for cells, stride, kernel, side, padding in zip(
                size, self._stride, self._kernel, x.shape[-2:], self._padding, strict=True
            )
        ]
        edges = (self._padding[1], max(after[1], 0), self._padding[0], max(after[0], 0))
        padded = F.pad(x, edges, value=float(x.detach().amin()) - 1)  # never a maximum, nor infinite
        tiles = padded.unfold(2, self._kernel[0], self._stride[0]).unfold(3, self._kernel[1], self._stride[1])
        tiles = tiles[:, :, : size[0], : size[1]].transpose(3, 4)  # (N, C, h, kernel, w, kernel)
        maxima: Tensor = self.windows(tiles.flatten(4, 5).flatten(2, 3))
        return maxima


def tile_poolings(network: nn.Module) -> None:
    """Put :class:`Tiled` in the place of each overlapping :class:`torch.nn.MaxPool2d`."""
    for parent in list(network.modules()):
        for name, child in parent._modules.items():
            if type(child) is nn.MaxPool2d and _overlaps(child):
                parent._modules[name] = Tiled(child)


def _overlaps(pool: nn.MaxPool2d) -> bool:
    plain = _pair(pool.dilation) == (1, 1) and not pool.return_indices
    return plain and any(
        stride < kernel for stride, kernel in zip(_pair(pool.stride), _pair(pool.kernel_size), strict=True)
    )


def _pair(value: int | Pair) -> Pair:
    return (value, value) if isinstance(value, int) else (value[0], value[1])
