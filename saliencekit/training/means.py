"""Means over an epoch, kept on the device until they are asked for."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor


class EpochMeans:
    """Means of named figures over the images of an epoch; adding a batch does not wait for the device.

    >>> means = EpochMeans()
    >>> means.add({"accuracy": torch.tensor(3.0)}, 4)  # three of four
    >>> means.add({"accuracy": torch.tensor(0.0)}, 1)
    >>> means.take()
    {'accuracy': 0.6}
    """

    def __init__(self) -> None:
        self._sums: dict[str, Tensor] = {}
        self._count = 0

    def add(self, sums: Mapping[str, Tensor], count: int) -> None:
        """Add a batch's sums over its ``count`` images."""
        for name, value in sums.items():
            addend = value.detach()
            self._sums[name] = self._sums[name] + addend if name in self._sums else addend
        self._count += count

    def take(self) -> dict[str, float]:
        """Return the means and start again; this waits for the device once."""
        if not self._sums:
            return {}
        totals = torch.stack(list(self._sums.values())).tolist()
        means = {name: total / self._count for name, total in zip(self._sums, totals, strict=True)}
        self._sums, self._count = {}, 0
        return means
