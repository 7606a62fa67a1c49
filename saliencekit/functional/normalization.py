"""Bringing salience maps to a common scale, and saying which of them have none.

The flat-map rule of the package lives here: a map without a usable range (constant, or with a value that
is not finite) says nothing about where the network looked. It becomes all zeros, it passes no gradient,
and :func:`is_degenerate` names it so that it is counted.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..errors import UsageError
from ._checks import as_float, check_maps


def as_unit_range(maps: Tensor) -> Tensor:
    r"""Return every map scaled to run from exactly 0 to exactly 1: ``(s - min) / (max - min)``.

    Gradient flows through the minimum and the maximum too. A degenerate map (see :func:`is_degenerate`)
    becomes all zeros with zero gradient, never NaN.

    Parameters
    ----------
    maps
        Raw maps, (N, h, w) or (h, w), any unit, any sign.

    Returns
    -------
    Tensor
        Same shape, float32 or float64, no unit, in [0, 1].

    Raises
    ------
    InputError
        If ``maps`` has another number of axes or no cell.

    Examples
    --------
    >>> as_unit_range(torch.tensor([[-2.0, 0.0], [1.0, 2.0]]))
    tensor([[0.0000, 0.5000],
            [0.7500, 1.0000]])
    >>> as_unit_range(torch.full((2, 2), 7.0))
    tensor([[0., 0.],
            [0., 0.]])
    """
    check_maps(maps)
    return unit_range(maps)


def as_distribution(maps: Tensor) -> Tensor:
    """Return every non-negative map divided by its sum, so that its cells are shares of the whole.

    A map whose sum is zero or not finite becomes (or stays) all zeros with zero gradient. The sign of the
    cells is not checked, since that would wait for the device: a map with negative cells is no
    distribution, and raw maps go through :func:`as_unit_range` first.

    Parameters
    ----------
    maps
        Non-negative maps, (N, h, w) or (h, w).

    Returns
    -------
    Tensor
        Same shape, float32 or float64, shares in [0, 1] that sum to 1 (or to 0, see above).

    Raises
    ------
    InputError
        If ``maps`` has another number of axes or no cell.

    Examples
    --------
    >>> as_distribution(torch.tensor([[0.0, 1.0], [1.0, 2.0]]))
    tensor([[0.0000, 0.2500],
            [0.2500, 0.5000]])
    """
    check_maps(maps)
    maps = as_float(maps)
    total = maps.sum((-2, -1), keepdim=True)
    usable = (total >= _least_span(total.dtype)) & (total < torch.inf)
    return torch.where(usable, maps / torch.where(usable, total, 1), 0)


def is_degenerate(maps: Tensor) -> Tensor:
    """Return, per map, whether it has no range that could be scaled: it is *uninformative*.

    True where the maximum equals the minimum (constant, all zero, a single cell), where any value is not
    finite, and where the range is outside what the dtype can divide by (float32: below 1e-31, above 3e38).

    Parameters
    ----------
    maps
        Raw maps, (N, h, w) or (h, w).

    Returns
    -------
    Tensor
        bool, (N,), or a scalar tensor for a single map.

    Raises
    ------
    InputError
        If ``maps`` has another number of axes or no cell.

    Examples
    --------
    >>> is_degenerate(torch.tensor([[[0.0, 1.0]], [[3.0, 3.0]], [[0.0, torch.nan]]]))
    tensor([False,  True,  True])
    """
    check_maps(maps)
    return no_range(maps)


def quantize(maps: Tensor, *, bits: int = 8) -> Tensor:
    """Return every map in unit range as grey values 0 .. 2**bits - 1, as an image file would hold it.

    Maps pass through :func:`as_unit_range`, then ``value * (2**bits - 1)`` is rounded, halves to the even
    neighbour. No gradient.

    Parameters
    ----------
    maps
        Raw maps, (N, h, w) or (h, w).
    bits
        1 to 8.

    Returns
    -------
    Tensor
        uint8, same shape, 0 .. 2**bits - 1; degenerate maps are all 0.

    Raises
    ------
    InputError
        If ``maps`` has another number of axes or no cell.
    UsageError
        If ``bits`` is outside 1 to 8.

    Examples
    --------
    >>> quantize(torch.tensor([[-1.0, 0.0], [0.5, 1.0]]))
    tensor([[  0, 128],
            [191, 255]], dtype=torch.uint8)
    """
    check_bits(bits)
    return (as_unit_range(maps).detach() * ((1 << bits) - 1)).round().to(torch.uint8)


def check_bits(bits: int) -> None:
    """Raise :class:`~saliencekit.errors.UsageError` unless ``bits`` is 1 to 8."""
    if not 1 <= bits <= 8:
        raise UsageError(f"expected `bits` from 1 to 8, got {bits}")


def unit_range(maps: Tensor) -> Tensor:
    """Return :func:`as_unit_range` of maps with any number of leading axes, unchecked."""
    maps = as_float(maps)
    degenerate = no_range(maps)[..., None, None]
    # Emptied before the extremes are taken: their gradient over a NaN would be NaN.
    finite = torch.where(degenerate, 0, maps)
    low = finite.amin((-2, -1), keepdim=True)
    span = finite.amax((-2, -1), keepdim=True) - low
    return torch.div(finite - low, torch.where(degenerate, 1, span))


def no_range(maps: Tensor) -> Tensor:
    """Return :func:`is_degenerate` of maps with any number of leading axes, unchecked."""
    maps = as_float(maps.detach())
    # NaN and infinities reach the extremes, and every comparison with a NaN is False.
    span = maps.amax((-2, -1)) - maps.amin((-2, -1))
    return ((span >= _least_span(maps.dtype)) & (span < torch.inf)).logical_not()


def _least_span(dtype: torch.dtype) -> float:
    # Below it the steps within a map would be subnormal: devices may flush them, and 1 / span overflows.
    limits = torch.finfo(dtype)
    return float(limits.tiny / limits.eps)
