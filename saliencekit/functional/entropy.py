"""How spread out a salience map is. The only place of this package that takes the logarithm of a map.

Two quantities share the word and are never mixed: the entropy over *places* (:func:`cam_entropy`, in nats;
0 when one cell holds everything) and the entropy of the *grey values* (:func:`histogram_entropy`, in bits or
as a share of the maximum; 0 when all cells are equal).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ._checks import as_float, check_maps
from .normalization import as_distribution, as_unit_range, check_bits, quantize


def cam_entropy(maps: Tensor) -> Tensor:
    r"""Return the spatial entropy of every map in nats: low is focused on few cells, high is spread out.

    .. math:: H = -\sum_{ij} p_{ij} \ln p_{ij}

    with ``p`` the min-max normalised map divided by its sum. Exact (no added constants), with a finite
    gradient also where cells are exactly zero, which at least one always is. A degenerate map (constant, all
    zero, a single cell, or with a value that is not finite) is uninformative: its entropy is the maximum,
    ln(h*w), and its gradient zero; :func:`~saliencekit.functional.normalization.is_degenerate` finds them.

    Parameters
    ----------
    maps
        Raw maps, (N, h, w) or (h, w), any unit, any sign.

    Returns
    -------
    Tensor
        (N,), or a scalar tensor for a single map; nats, in [0, ln(h*w)]; differentiable.

    Raises
    ------
    InputError
        If ``maps`` has another number of axes or no cell.

    References
    ----------
    [piland2023droid]_, equations 2 and 3, which add 1e-10 to the sum and to ``p``: equal to 1e-6.

    Examples
    --------
    The two extremes: one cell, and nothing that stands out.

    >>> focused = torch.zeros(7, 7)
    >>> focused[3, 3] = 1.0
    >>> cam_entropy(torch.stack([focused, torch.ones(7, 7)]))
    tensor([0.0000, 3.8918])
    """
    return distribution_entropy(as_distribution(as_unit_range(maps)))


def distribution_entropy(p: Tensor) -> Tensor:
    """Return the Shannon entropy, in nats, of maps that already are distributions over their cells.

    Cells that are zero add nothing and pass no gradient. A map that is all zero, or has a value that is not
    finite, is uninformative: ln(h*w), gradient zero.

    Parameters
    ----------
    p
        Non-negative maps that sum to one, (N, h, w) or (h, w); not normalised here.

    Returns
    -------
    Tensor
        (N,), or a scalar tensor for a single map; nats, in [0, ln(h*w)]; differentiable.

    Raises
    ------
    InputError
        If ``p`` has another number of axes or no cell.

    Examples
    --------
    >>> distribution_entropy(torch.tensor([[0.5, 0.5], [0.0, 0.0]]))
    tensor(0.6931)
    """
    check_maps(p, "p")
    p = as_float(p)
    total = p.detach().sum((-2, -1))
    informative = (total > 0) & (total < torch.inf)
    return torch.where(informative, _minus_p_ln_p(p).sum((-2, -1)), max_entropy(p))


def max_entropy(maps: Tensor) -> float:
    """Return ln(h*w): the spatial entropy, in nats, of a map that is spread evenly over its grid.

    Parameters
    ----------
    maps
        (N, h, w) or (h, w); only the size of the grid counts.

    Returns
    -------
    float
        Nats; 3.8918 for the usual grid of 7x7.

    Raises
    ------
    InputError
        If ``maps`` has another number of axes or no cell.

    Examples
    --------
    >>> round(max_entropy(torch.zeros(2, 7, 7)), 6)
    3.89182
    """
    check_maps(maps)
    return math.log(maps.shape[-2] * maps.shape[-1])


def effective_area(maps: Tensor, *, normalized: bool = False) -> Tensor:
    """Return ``exp(cam_entropy)``: over how many cells a map is spread; low is focused.

    Parameters
    ----------
    maps
        Raw maps, (N, h, w) or (h, w).
    normalized
        Divide by the number of cells.

    Returns
    -------
    Tensor
        (N,), or a scalar tensor for a single map; cells, in [1, h*w], or a share, in [1/(h*w), 1].
        Degenerate maps have the largest value.

    Raises
    ------
    InputError
        If ``maps`` has another number of axes or no cell.

    References
    ----------
    [piland2023droid]_ ("38 of 49 elements" for an entropy of 3.65).

    Examples
    --------
    >>> effective_area(torch.tensor([[0.0, 1.0], [1.0, 0.0]]))
    tensor(2.)
    >>> effective_area(torch.tensor([[0.0, 1.0], [1.0, 0.0]]), normalized=True)
    tensor(0.5000)
    """
    area = cam_entropy(maps).exp()
    return area / (maps.shape[-2] * maps.shape[-1]) if normalized else area


def histogram_entropy(maps: Tensor, *, bits: int = 8, normalized: bool = True) -> Tensor:
    """Return the entropy of the *grey values* of every map: low is few levels, high is many. No gradient.

    A different quantity from :func:`cam_entropy`: where the values lie does not matter, only how often each
    one occurs. A constant map has one level (0); so has, by the flat-map rule, a map that is not finite.

    Parameters
    ----------
    maps
        (N, h, w) or (h, w). uint8 maps are counted as they are (with ``bits`` below 8: without their lowest
        bits); maps of any other dtype are brought to unit range and quantised to ``bits`` first.
    bits
        1 to 8: there are ``2**bits`` grey levels.
    normalized
        Divide by the maximum, ``log2(min(h*w, 2**bits))``; a map of a single cell gives 0.

    Returns
    -------
    Tensor
        (N,), or a scalar tensor for a single map; in [0, 1], or in bits.

    Raises
    ------
    InputError
        If ``maps`` has another number of axes or no cell.
    UsageError
        If ``bits`` is outside 1 to 8.

    References
    ----------
    [crum2023explain]_

    Examples
    --------
    >>> histogram_entropy(torch.arange(49.0).reshape(7, 7))
    tensor(1.)
    >>> histogram_entropy(torch.eye(2), normalized=False)
    tensor(1.)
    """
    check_maps(maps)
    check_bits(bits)
    levels = maps >> (8 - bits) if maps.dtype == torch.uint8 else quantize(maps, bits=bits)
    values = levels.flatten(-2).long()
    counts = values.new_zeros(*values.shape[:-1], 2**bits).scatter_add(-1, values, torch.ones_like(values))
    shares = counts.to(as_float(maps).dtype) / values.shape[-1]
    entropy = _minus_p_ln_p(shares).sum(-1) / math.log(2)
    largest = math.log2(min(values.shape[-1], 2**bits))
    return (entropy / max(largest, 1.0)).clamp(max=1) if normalized else entropy


def _minus_p_ln_p(p: Tensor) -> Tensor:
    # torch.special.entr and torch.xlogy have NaN gradients at zero; the logarithm of one has not.
    return -p * torch.where(p > 0, p, 1).log()
