"""How alike two salience maps are cell by cell: linear and rank correlation, and overlap of the peaks.

The last two axes are the map; the axes before them broadcast. A degenerate map (constant, or with a value
that is not finite) is correlated with nothing and has no peak: the result is 0.0 there, never NaN.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..errors import UsageError
from ._checks import as_float, check_grid, check_mask, check_pair, floating_dtype
from .normalization import no_range, unit_range


def pearson(a: Tensor, b: Tensor, *, mask: Tensor | None = None) -> Tensor:
    """Return the linear correlation of every two maps over their cells; 1 is equal up to scale and offset.

    Parameters
    ----------
    a, b
        Maps, (..., h, w), any unit; leading axes broadcast.
    mask
        bool, (..., h, w), broadcast as well: only cells inside it count.

    Returns
    -------
    Tensor
        (...), no unit, in [-1, 1]; 0.0 where one map or both are degenerate (inside the mask). Differentiable.

    Raises
    ------
    InputError
        If the maps are not of one grid, or ``mask`` does not fit them.

    Examples
    --------
    >>> a = torch.tensor([[0.0, 1.0], [2.0, 3.0]])
    >>> pearson(torch.stack([2 * a + 1, -a, torch.ones(2, 2)]), a).round(decimals=4)
    tensor([ 1., -1.,  0.])
    """
    check_pair(a, b)
    if mask is not None:
        check_mask(mask, a, b)
        a, b = _emptied(a, mask), _emptied(b, mask)
    return (_standardised(a, mask) * _standardised(b, mask)).sum((-2, -1)).clamp(-1, 1)


def spearman(a: Tensor, b: Tensor) -> Tensor:
    """Return the rank correlation of every two maps; 1 is the same order of cells. Ties share their rank.

    Parameters
    ----------
    a, b
        Maps, (..., h, w), any unit; leading axes broadcast.

    Returns
    -------
    Tensor
        (...), no unit, in [-1, 1]; 0.0 where one map or both are degenerate. No gradient.

    Raises
    ------
    InputError
        If the maps are not of one grid.

    Examples
    --------
    >>> a = torch.tensor([[0.0, 1.0], [2.0, 3.0]])
    >>> spearman(a.exp(), a).round(decimals=4)
    tensor(1.)
    """
    check_pair(a, b)
    return pearson(ranks(a), ranks(b))


def ranks(maps: Tensor) -> Tensor:
    """Return the rank of every cell within its map, 1 for the lowest; tied cells share their mean rank.

    All cells of a degenerate map are tied. ``pearson`` of ranks is :func:`spearman`: rank once, compare
    often.

    Parameters
    ----------
    maps
        (..., h, w), any unit.

    Returns
    -------
    Tensor
        Same shape, float32 or float64, 1 .. h*w.

    Raises
    ------
    InputError
        If ``maps`` has fewer than two axes or no cell.

    Examples
    --------
    >>> ranks(torch.tensor([[5.0, 7.0], [7.0, 9.0]]))
    tensor([[1.0000, 2.5000],
            [2.5000, 4.0000]])
    """
    check_grid(maps, "maps")
    maps = as_float(maps.detach())
    ordered, order = torch.where(no_range(maps)[..., None, None], 0, maps).flatten(-2).sort(-1)
    place = torch.arange(1, ordered.shape[-1] + 1, device=maps.device)
    rises = ordered[..., 1:] != ordered[..., :-1]
    edge = torch.ones_like(order[..., :1], dtype=torch.bool)
    first = torch.where(torch.cat([edge, rises], -1), place, 1).cummax(-1).values
    last = torch.where(torch.cat([rises, edge], -1), place, len(place)).flip(-1).cummin(-1).values.flip(-1)
    shared = (first + last).to(maps.dtype) / 2
    return torch.zeros_like(shared).scatter(-1, order, shared).reshape(maps.shape)


def iou_top(a: Tensor, b: Tensor, *, share: float = 0.1) -> Tensor:
    """Return the overlap of the most salient cells of every two maps: 1 is the same cells, 0 none in common.

    Intersection over union of the ``max(1, round(share * h * w))`` highest cells; ties go to the earlier cell
    in row order.

    Parameters
    ----------
    a, b
        Maps, (..., h, w), any unit; leading axes broadcast.
    share
        Share of the cells that count as most salient, in (0, 1].

    Returns
    -------
    Tensor
        (...), no unit, in [0, 1]; 0.0 where a map is degenerate. No gradient.

    Raises
    ------
    InputError
        If the maps are not of one grid.
    UsageError
        If ``share`` is outside (0, 1].

    Examples
    --------
    >>> a = torch.arange(20.0).reshape(4, 5)
    >>> iou_top(a, a), iou_top(a, -a), iou_top(a, a.roll(-1))
    (tensor(1.), tensor(0.), tensor(0.3333))
    """
    check_pair(a, b)
    if not 0 < share <= 1:
        raise UsageError(f"expected `share` in (0, 1], got {share}")
    count = max(1, round(share * a.shape[-2] * a.shape[-1]))
    top_a, top_b = _top(a, count), _top(b, count)
    shared, either = (top_a & top_b).sum(-1), (top_a | top_b).sum(-1)
    return shared.to(floating_dtype(a, b)) / either.clamp(min=1)


def _emptied(maps: Tensor, mask: Tensor) -> Tensor:
    # What is hidden takes the lowest value that is not, so that it widens no range; infinity where all is hidden.
    maps = as_float(maps)
    return torch.where(mask, maps, torch.where(mask, maps, torch.inf).amin((-2, -1), keepdim=True))


def _standardised(maps: Tensor, mask: Tensor | None) -> Tensor:
    # From unit range, so that no square under- or overflows; a degenerate map stays all zeros.
    maps = unit_range(maps)
    if mask is None:
        centred = maps - maps.mean((-2, -1), keepdim=True)
    else:
        mean = maps.mul(mask).sum((-2, -1), keepdim=True) / mask.sum((-2, -1), keepdim=True).clamp(min=1)
        centred = maps.sub(mean).mul(mask)
    power = centred.square().sum((-2, -1), keepdim=True)
    return centred * torch.where(power > 0, power, 1).rsqrt()


def _top(maps: Tensor, count: int) -> Tensor:
    maps = maps.detach()
    cells = maps.flatten(-2)
    highest = cells.sort(dim=-1, descending=True, stable=True).indices[..., :count]
    usable = ~no_range(maps)[..., None].expand(highest.shape)
    return torch.zeros_like(cells, dtype=torch.bool).scatter(-1, highest, usable)
