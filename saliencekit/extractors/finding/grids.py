"""On which grid tokens lie: what is known of it, by how many tokens there are."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from .layouts import Grid, Kind, Layout


class Grids:
    """The grids of one forward that begins with images of ``size`` (H, W); ``None`` if it is given none.

    >>> grids = Grids((32, 48))
    >>> grids.hint(6, (2, 3), sure=False)
    >>> grids.of(6), grids.of(12)
    ((2, 3), None)
    """

    def __init__(self, size: tuple[int, int] | None) -> None:
        self._size = size
        self._sure: dict[int, Grid] = {}
        self._maybe: dict[int, Grid | None] = {}
        self._joined: dict[int, tuple[Grid, int]] = {}

    def of(self, cells: int) -> Grid | None:
        """Return the grid of as many patches, if it is known."""
        return self._sure.get(cells, self._maybe.get(cells))

    def sure(self, cells: int) -> Grid | None:
        """Return the grid of as many patches, if it is known by more than proportions."""
        return self._sure.get(cells)

    def tokens(self, length: int, kind: Kind = "tokens") -> Layout | None:
        """Return the layout of ``length`` tokens, or ``None`` if their grid is not known."""
        grid, first = self._joined.get(length, (self.of(length), 0))
        return None if grid is None else Layout(kind, grid, first, length)

    def hint(self, cells: int, grid: Grid, *, sure: bool) -> None:
        """Note that ``cells`` patches may lie on ``grid``; what is not sure counts if the images are as wide."""
        if sure:
            self._sure[cells] = grid
        elif 1 not in grid and self._is_scaled(grid):  # one head or group is no row of cells
            self._maybe[cells] = grid if self._maybe.get(cells, grid) == grid else None

    def join(self, parts: Sequence[Tensor], result: Tensor) -> None:
        """Note that ``parts`` were joined to ``result`` (N, L, C): where among its tokens the patches are."""
        if result.dim() != 3 or not parts or result.shape[1] != sum(part.shape[1] for part in parts):
            return
        start = 0
        found: list[tuple[int, Grid, int]] = []
        for part in parts:
            layout = self.tokens(part.shape[1])
            if layout is not None:
                found.append((part.shape[1], layout.grid, start + layout.first))
            start += part.shape[1]
        if found and len(parts) > 1:
            _, grid, first = max(found)
            self._joined[result.shape[1]] = (grid, first)

    def _is_scaled(self, grid: Grid) -> bool:
        """Return whether the images, by a whole factor smaller, are ``grid``, whichever way it was rounded."""
        if self._size is None:
            return False
        factors = range(1, max(self._size) + 1)
        return any(
            all(size // factor <= cells <= -(-size // factor) for size, cells in zip(self._size, grid, strict=True))
            for factor in factors
        )
