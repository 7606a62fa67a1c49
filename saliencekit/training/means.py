"""Means over an epoch, kept on the device until they are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from .distributed import summed


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

    def take(self, *, over_processes: bool = False) -> dict[str, float]:
        """Return the means and start again; this waits for the device once.

        With ``over_processes``, every process has added images of its own, and all get the means over all.
        """
        if not self._sums:
            return {}
        totals = torch.stack(list(self._sums.values()))
        totals = torch.cat([totals, torch.full_like(totals[:1], self._count)])
        *sums, count = (summed(totals) if over_processes else totals).tolist()
        means = {name: total / count for name, total in zip(self._sums, sums, strict=True)}
        self.clear()
        return means

    def clear(self) -> None:
        """Start again."""
        self._sums, self._count = {}, 0

    def state_dict(self) -> dict[str, Any]:
        """Return the sums so far, as tensors."""
        return {"sums": {name: value.cpu() for name, value in self._sums.items()}, "count": self._count}

    def load_state_dict(self, state: Mapping[str, Any], device: torch.device | str = "cpu") -> None:
        """Go on with these sums."""
        self._sums = {name: value.to(device) for name, value in state["sums"].items()}
        self._count = state["count"]
