"""How maps (N, C, h, w) are read off what a network keeps: channels first or last, or as tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from torch import Tensor

Kind = Literal["maps", "channels last", "tokens", "token rows"]
Grid = tuple[int, int]


@dataclass(frozen=True)
class Layout:
    """Where the cells of a grid are in a tensor.

    Attributes
    ----------
    kind
        ``"maps"`` (N, C, h, w), ``"channels last"`` (N, h, w, C), ``"tokens"`` (N, L, C), ``"token rows"`` (N, C, L).
    grid
        (h, w) of the patch tokens; tokens only.
    first
        Place of the first patch token: what comes before it (class, distillation and register tokens) is dropped.
    length
        L: what comes after the last patch token is dropped too.

    Examples
    --------
    >>> import torch
    >>> Layout("tokens", (2, 3), first=1, length=7).maps(torch.rand(4, 7, 5)).shape
    torch.Size([4, 5, 2, 3])
    """

    kind: Kind = "maps"
    grid: Grid = (0, 0)
    first: int = 0
    length: int = 0

    @property
    def axes(self) -> int:
        """How many axes the tensor has."""
        return 3 if self.tokens else 4

    @property
    def tokens(self) -> bool:
        """Whether the tensor holds tokens."""
        return self.kind in ("tokens", "token rows")

    @property
    def dropped(self) -> int:
        """How many tokens are none of the patches."""
        return self.length - self.grid[0] * self.grid[1]

    def maps(self, features: Tensor) -> Tensor:
        """Return ``features`` as (N, C, h, w), a view."""
        if self.kind == "maps":
            return features
        if self.kind == "channels last":
            return features.permute(0, 3, 1, 2)
        rows = features.transpose(1, 2) if self.kind == "tokens" else features
        return rows.narrow(2, self.first, self.grid[0] * self.grid[1]).view(*rows.shape[:2], *self.grid)

    def fits(self, features: Tensor) -> bool:
        """Return whether a tensor of this shape can be read so."""
        if features.dim() != self.axes:
            return False
        return not self.tokens or features.shape[1 if self.kind == "tokens" else 2] == self.length


MAPS = Layout()
CHANNELS_LAST = Layout("channels last")


def cells_of(features: Tensor, kind: Kind) -> Tensor:
    """Return ``features`` as (N, C, cells, 1) for tokens, else as (N, C, h, w): all cells, in no grid yet.

    >>> import torch
    >>> cells_of(torch.rand(2, 7, 5), "tokens").shape, cells_of(torch.rand(2, 3, 4, 5), "channels last").shape
    (torch.Size([2, 5, 7, 1]), torch.Size([2, 5, 3, 4]))
    """
    length = features.shape[2 if kind == "token rows" else 1]
    return Layout(kind, (length, 1), length=length).maps(features)
