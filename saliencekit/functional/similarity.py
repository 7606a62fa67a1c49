"""How alike two salience maps are in structure (SSIM), and all pairs of runs at once.

The last two axes are the map; the axes before them broadcast, so that (P, N, h, w) pairs, or one clean map
against several views, need no loop. The likenesses that know no window live in
:mod:`~saliencekit.functional.correlation`.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..errors import UsageError
from ._checks import broadcast_shapes, check_mask, check_pair, check_shape, floating_dtype
from ._ssim import blocks, local_similarity, moments, whole_similarities, windows_inside


def ssim(
    a: Tensor,
    b: Tensor,
    *,
    data_range: float | None = None,
    window: int = 7,
    mask: Tensor | None = None,
) -> Tensor:
    """Return the mean structural similarity of every two maps; 1 is identical, 0 unrelated, -1 inverted.

    As scikit-image's ``structural_similarity`` with its defaults: uniform window, sample covariance, K1 0.01,
    K2 0.03, mean over the windows wholly inside the map. Where scikit-image refuses a map smaller than the
    window, the largest odd window that fits is taken (:func:`ssim_window` says which).

    Parameters
    ----------
    a, b
        Maps, (..., h, w), not normalised here; leading axes broadcast.
    data_range
        Distance of the largest possible value from the smallest; by default 1.0 for floating-point maps
        and 255 for uint8 maps.
    window
        Side of the window in cells; odd.
    mask
        bool, (..., h, w), broadcast as well: only windows wholly inside it count. Where none is, the result
        is NaN, and the caller counts it.

    Returns
    -------
    Tensor
        (...), float32 (float64 if a map is), no unit, in [-1, 1]; NaN for a map with a NaN.

    Raises
    ------
    InputError
        If the maps are not of one grid, or ``mask`` does not fit them.
    UsageError
        If ``window`` is even or not positive, or ``data_range`` is not positive or not to be guessed.

    References
    ----------
    Wang, Bovik, Sheikh, Simoncelli, "Image quality assessment", IEEE TIP 2004; used in [crum2023explain]_.

    Examples
    --------
    >>> a = torch.linspace(0, 1, 49).reshape(7, 7)
    >>> ssim(torch.stack([a, 1 - a]), a)
    tensor([ 1.0000, -0.9899])
    """
    check_pair(a, b)
    window = ssim_window(*a.shape[-2:], window=window)
    spread = _data_range(a, b, data_range)
    valid = _valid_windows(mask, a, b, window)
    lead = broadcast_shapes(a.shape[:-2], b.shape[:-2], valid.shape[:-2])
    parts = []
    for some in blocks(lead[-1:].numel(), lead[:-1].numel() * a.shape[-2:].numel(), a.device):
        local = local_similarity(moments(_of(a, some), window), moments(_of(b, some), window), window, spread)
        inside = _of(valid, some)
        parts.append(torch.where(inside, local, 0).sum((-2, -1)) / inside.sum((-2, -1)))
    return (torch.cat(parts, -1) if lead else parts[0]).to(floating_dtype(a, b))


def ssim_pairs(maps: Tensor, *, data_range: float | None = None, window: int = 7) -> Tensor:
    """Return the structural similarity of the maps of all pairs of runs, image by image.

    Row ``p`` compares the runs ``pairs(R)[p]``. What a map contributes alone is computed once per run.

    Parameters
    ----------
    maps
        (R, N, h, w): of R runs on the same N images; not normalised here.
    data_range, window
        As for :func:`ssim`.

    Returns
    -------
    Tensor
        (P, N) with P = R (R - 1) / 2; no unit, in [-1, 1].

    Raises
    ------
    InputError
        If ``maps`` has another number of axes or no cell.
    UsageError
        As for :func:`ssim`.

    Examples
    --------
    >>> maps = torch.eye(7).repeat(3, 2, 1, 1)
    >>> maps[2] = maps[2].flip(-1)
    >>> ssim_pairs(maps)[:, 0]
    tensor([1.0000, 0.0036, 0.0036])
    """
    check_shape(maps, "maps", "R", "N", "h", "w")
    window = ssim_window(*maps.shape[-2:], window=window)
    spread = _data_range(maps, maps, data_range)
    runs, images, cells = len(maps), maps.shape[1], maps.shape[-2:].numel()
    first, second = pairs(runs, device=maps.device).T
    columns = []
    for some in blocks(images, runs * cells, maps.device):
        each = moments(maps[:, some], window)
        if each.mean.shape[-2:].numel() == 1:
            columns.append(whole_similarities(each, spread)[first, second])
            continue
        rows = [
            local_similarity(each.take(first[few]), each.take(second[few]), window, spread).mean((-2, -1))
            for few in blocks(len(first), each.centred.shape[1] * cells, maps.device)
        ]
        columns.append(torch.cat(rows))
    return torch.cat(columns, 1).to(floating_dtype(maps, maps))


def pairs(runs: int, *, device: torch.device | str | None = None) -> Tensor:
    """Return the pairs a < b of ``runs`` runs: LongTensor (P, 2), P = runs (runs - 1) / 2, in rising order.

    >>> pairs(3).tolist()
    [[0, 1], [0, 2], [1, 2]]
    """
    return torch.triu_indices(runs, runs, 1, device=device).T


def ssim_window(height: int, width: int, *, window: int = 7) -> int:
    """Return the side of the window that :func:`ssim` takes: the largest odd one that fits, up to ``window``.

    >>> ssim_window(7, 7), ssim_window(4, 6), ssim_window(224, 224)
    (7, 3, 7)
    """
    if window < 1 or window % 2 == 0:
        raise UsageError(f"expected `window` to be odd and positive, got {window}")
    fitting = min(height, width)
    return min(window, fitting - 1 + fitting % 2)


def _of(maps: Tensor, images: slice) -> Tensor:
    return maps if maps.dim() < 3 or maps.shape[-3] == 1 else maps[..., images, :, :]


def _data_range(a: Tensor, b: Tensor, given: float | None) -> float:
    if given is None:
        if a.is_floating_point() and b.is_floating_point():
            return 1.0
        if a.dtype == b.dtype == torch.uint8:
            return 255.0
        raise UsageError(f"give `data_range` for maps of {a.dtype} and {b.dtype}: it cannot be guessed")
    if not given > 0:
        raise UsageError(f"expected `data_range` to be positive, got {given}")
    return float(given)


def _valid_windows(mask: Tensor | None, a: Tensor, b: Tensor, window: int) -> Tensor:
    if mask is None:
        side = [size - window + 1 for size in a.shape[-2:]]
        return torch.ones(side, dtype=torch.bool, device=a.device)
    check_mask(mask, a, b)
    return windows_inside(mask, window)
