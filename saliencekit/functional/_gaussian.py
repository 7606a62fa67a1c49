"""Gaussian blurs as matrix products: what the guided blur is made of.

The kernel is cut off at four sigma and the image mirrored at its borders (``d c b a | a b c d``), the
defaults of ``scipy.ndimage.gaussian_filter``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache

import torch
from torch import Tensor

_BLOCK = 32  # pixels of an axis that a product makes at a time, so that it skips the zeros beyond the kernel


def gaussian(images: Tensor, sigma: float) -> Tensor:
    """Blur ``images`` (..., H, W) exactly."""
    reach = radius(sigma)
    down = _matrix(images.shape[-2], sigma, images.device, images.dtype)
    across = _matrix(images.shape[-1], sigma, images.device, images.dtype)
    lines = images.reshape(-1, images.shape[-1])
    lines = torch.cat([lines[:, near] @ across[near, part] for near, part in _blocks(across, reach)], dim=1)
    planes = lines.view(-1, *images.shape[-2:])
    planes = torch.cat([down[part, near] @ planes[:, near] for near, part in _blocks(down, reach)], dim=1)
    return planes.view(images.shape)


def gaussians(images: Tensor, sigmas: Sequence[float]) -> Iterator[Tensor]:
    """Blur ``images`` (..., H, W) by each of ``sigmas``, the wide ones to 2e-4 of every frequency.

    Mirrored borders make a blur the product of the image's cosine spectrum with one factor a frequency, and
    of a wide blur's factors few are above 2e-4: the spectrum is computed once, as far as the narrowest needs.
    """
    height, width = images.shape[-2:]
    wide = [sigma for sigma in sigmas if _kept(width, sigma) <= 0.6 * width]
    down = _cosines(height, images.device, images.dtype)
    across = _cosines(width, images.device, images.dtype)
    if wide:
        most = min(wide)
        spectrum = down[:, : _kept(height, most)].T @ (images @ across[:, : _kept(width, most)])
    for sigma in sigmas:
        if sigma not in wide:
            yield gaussian(images, sigma)
            continue
        rows, columns = _kept(height, sigma), _kept(width, sigma)
        left = down[:, :rows] * _factors(height, sigma)[:rows].to(images)
        right = across[:, :columns] * _factors(width, sigma)[:columns].to(images)
        yield left @ spectrum[..., :rows, :columns] @ right.T


def radius(sigma: float) -> int:
    """Return how many pixels the kernel reaches to either side; 0 below sigma 1/8."""
    return int(4 * sigma + 0.5)


def kernel_response(sigma: float, frequency: Tensor) -> Tensor:
    """Return the factor by which the kernel changes waves of ``frequency`` (n,), in radians a pixel."""
    taps = torch.arange(-radius(sigma), radius(sigma) + 1, dtype=torch.float64)
    return torch.cos(frequency[:, None] * taps) @ _kernel(sigma)


def _kernel(sigma: float) -> Tensor:
    taps = torch.arange(-radius(sigma), radius(sigma) + 1, dtype=torch.float64)
    weights = torch.exp(-0.5 * (taps / sigma) ** 2) if radius(sigma) else torch.ones_like(taps)
    return weights / weights.sum()


def _kept(length: int, sigma: float) -> int:
    """Return how many cosines of an axis a Gaussian leaves more than 2e-4 of."""
    return min(length, math.ceil(length * 4.2 / (math.pi * sigma)))


def _blocks(matrix: Tensor, reach: int) -> Iterator[tuple[slice, slice]]:
    """Yield parts of an axis, each after all that its blur reads."""
    length = len(matrix)
    step = _BLOCK if matrix.device.type == "cpu" else length
    for start in range(0, length, step):
        yield slice(max(0, start - reach), start + step + reach), slice(start, start + step)


# Kept between calls, hence made outside of inference mode: they must serve autograd too.


@lru_cache(maxsize=8)
@torch.inference_mode(False)
def _matrix(length: int, sigma: float, device: torch.device, dtype: torch.dtype) -> Tensor:
    """Blur of an axis as a symmetric (length, length) matrix, the mirrored pixels folded back."""
    taps = torch.arange(-radius(sigma), radius(sigma) + 1)
    source = (torch.arange(length)[:, None] + taps).remainder(2 * length)
    folded = torch.minimum(source, 2 * length - 1 - source)
    matrix = torch.zeros(length, length, dtype=torch.float64)
    return matrix.scatter_add_(1, folded, _kernel(sigma).expand_as(folded)).to(device, dtype)


@lru_cache(maxsize=8)
@torch.inference_mode(False)
def _cosines(length: int, device: torch.device, dtype: torch.dtype) -> Tensor:
    """Orthonormal cosine basis (DCT-II), a frequency a column."""
    place = torch.arange(length, dtype=torch.float64)
    basis = torch.cos(math.pi / length * (place[:, None] + 0.5) * place) * math.sqrt(2 / length)
    basis[:, 0] *= math.sqrt(0.5)
    return basis.to(device, dtype)


@lru_cache(maxsize=64)
@torch.inference_mode(False)
def _factors(length: int, sigma: float) -> Tensor:
    """What a blur leaves of each column of :func:`_cosines`."""
    return kernel_response(sigma, math.pi / length * torch.arange(length, dtype=torch.float64))
