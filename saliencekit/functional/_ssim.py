"""The arithmetic of structural similarity: moments over sliding windows, with scikit-image's constants."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

K1, K2 = 0.01, 0.03


class Moments(NamedTuple):
    """What one map contributes to every comparison; computed once however many maps it meets.

    ``centred`` is (..., h, w), the map less its mean; the others are (..., h', w'), a value per window.
    """

    centred: Tensor
    shifted_mean: Tensor
    mean: Tensor
    variance: Tensor

    def take(self, index: Tensor) -> Moments:
        """Return the moments of the maps at ``index`` of the first axis."""
        return Moments(*(each.index_select(0, index) for each in self))


def moments(maps: Tensor, window: int) -> Moments:
    """Return the moments of ``maps`` (..., h, w) over every window that lies wholly inside.

    In float32 ``E[x^2] - E[x]^2`` is off by more than the stabilising constants allow (3e-5 of a similarity),
    so that the sums are taken in float64, and about the map's mean for the devices that have none.
    """
    maps = maps.to(torch.float32 if maps.device.type == "mps" else torch.float64)
    offset = maps.mean((-2, -1), keepdim=True)
    centred = maps - offset
    mean = window_mean(centred, window)
    variance = torch.addcmul(window_mean(centred * centred, window), mean, mean, value=-1)
    return Moments(centred, mean, mean + offset, variance)


def local_similarity(a: Moments, b: Moments, window: int, data_range: float) -> Tensor:
    """Return the structural similarity of two (broadcastable) maps in each window, (..., h', w')."""
    product = window_mean(a.centred * b.centred, window)
    covariance = torch.addcmul(product, a.shifted_mean, b.shifted_mean, value=-1)
    return _similarity(a, b, covariance, window * window, data_range)


def whole_similarities(each: Moments, data_range: float) -> Tensor:
    """Return the similarity of all maps (R, N, h, w) to one another where the window is the map, (R, R, N).

    A map then has one covariance with each other map, and all of them are one matrix product an image.
    """
    flat = each.centred.flatten(2).transpose(0, 1)  # (N, R, cells)
    covariance = (flat @ flat.mT / flat.shape[-1]).permute(1, 2, 0)  # the mean of what is centred is 0
    alone = Moments(*(moment.flatten(1) for moment in each))
    left = Moments(*(moment.unsqueeze(1) for moment in alone))
    return _similarity(left, alone, covariance, flat.shape[-1], data_range)


def _similarity(a: Moments, b: Moments, covariance: Tensor, cells: int, data_range: float) -> Tensor:
    sample = cells / max(cells - 1, 1)  # a window of one cell has no spread: its variance stays 0
    c1, c2 = (K1 * data_range) ** 2, (K2 * data_range) ** 2 / sample
    means = a.mean * b.mean
    squares = torch.addcmul(a.mean * a.mean, b.mean, b.mean)
    return (2 * means + c1) * (2 * covariance + c2) / ((squares + c1) * (a.variance + b.variance + c2))


def window_mean(maps: Tensor, window: int) -> Tensor:
    """Return the mean of ``maps`` (..., h, w) in each window, (..., h - window + 1, w - window + 1)."""
    return _window_sum(_window_sum(maps, window, -2), window, -1).div_(window * window)


def _window_sum(maps: Tensor, window: int, axis: int) -> Tensor:
    count = maps.shape[axis] - window + 1
    if count == 1:
        return maps.sum(axis, keepdim=True)
    total = maps.narrow(axis, 0, count).clone()
    for shift in range(1, window):
        total += maps.narrow(axis, shift, count)
    return total


def windows_inside(mask: Tensor, window: int) -> Tensor:
    """Return, for each window, whether all of it lies in the bool ``mask`` (..., h, w)."""
    return mask.unfold(-1, window, 1).all(-1).unfold(-2, window, 1).all(-1)


def blocks(count: int, cells: int, device: torch.device) -> Iterator[slice]:
    """Cut ``count`` items of ``cells`` cells each into slices (one at least) that bound the memory in use.

    On the CPU what a thread takes of a slice stays in its cache, which halves the time; elsewhere a slice
    fills the device.
    """
    step = max(1, (2**15 * torch.get_num_threads() if device.type == "cpu" else 2**22) // max(1, cells))
    for start in range(0, max(1, count), step):
        yield slice(start, start + step)
