"""The frame of a loss: settings in a module, and one way of calling it; the mathematics is elsewhere."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from torch import Tensor, nn

from ..errors import one_of
from ._terms import REDUCTIONS, total


class SalienceLoss(nn.Module, ABC):
    """Settings of one loss; the mathematics is in the functional form beside it."""

    word: ClassVar[str]
    needs_human_maps: ClassVar[bool] = False

    def __init__(self, *, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = one_of(reduction, REDUCTIONS, "reduction")

    @abstractmethod
    def terms(
        self,
        logits: Tensor,
        labels: Tensor,
        maps: Tensor,
        human_maps: Tensor | None = None,
        has_map: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """Return the weighted terms by name; their sum is the loss, and none waits for the device."""

    def forward(
        self,
        logits: Tensor,
        labels: Tensor,
        maps: Tensor,
        human_maps: Tensor | None = None,
        has_map: Tensor | None = None,
    ) -> Tensor:
        """Return the loss: a scalar, or (N,) where ``reduction="none"``."""
        return total(self.terms(logits, labels, maps, human_maps, has_map))

    def extra_repr(self) -> str:
        """Name the settings, as ``repr`` shows them."""
        return ", ".join(f"{name}={value!r}" for name, value in vars(self).items() if is_setting(name))


def is_setting(name: str) -> bool:
    """Return whether an attribute of a loss is one of its settings (and not the machinery of a module)."""
    return not name.startswith("_") and name != "training"
