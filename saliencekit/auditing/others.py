"""The few images whose maps stand for "the map of another image" in the null values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..functional.random import Draw


@dataclass(frozen=True)
class Others:
    """Maps of a few images drawn by the seed: what "the map of another image" is, whatever the batches are.

    Parameters
    ----------
    images
        Their names, K of them.
    maps
        ``(R, K, h, w)``, every run's maps of them.
    """

    images: tuple[str, ...]
    maps: Tensor

    def of(self, draw: Draw, images: Sequence[str]) -> Tensor:
        """Return for each image, in every run, the map of another one: ``(R, N, h, w)``, or ``(R, 0, h, w)``."""
        count = len(self.images)
        position = {image: place for place, image in enumerate(self.images)}
        if count < 2:
            return self.maps[:, :0]
        own = torch.tensor([position.get(image, -1) for image in images]).to(self.maps.device, non_blocking=True)
        drawn = (draw.fork("other image").uniform(1)[:, 0] * count).long()
        return self.maps[:, torch.where(drawn == own, (drawn + 1) % count, drawn)]
