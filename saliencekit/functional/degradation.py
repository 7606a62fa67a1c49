"""Images made worse on purpose: noise, blur by salience, and the most or least salient pixels replaced."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from ..errors import InputError, UsageError, one_of
from ._checks import as_float, check_maps, check_shape
from .blur import BLUR_LEVELS, blur_sigma, guided_blur
from .normalization import as_unit_range
from .random import Draw
from .resizing import resize_maps

__all__ = [
    "BLUR_LEVELS",
    "FILLS",
    "blur_sigma",
    "guided_blur",
    "random_rank",
    "replace_share",
    "salience_rank",
    "salt_and_pepper",
]

FILLS = ("mean", "erase", "noise")


def salt_and_pepper(images: Tensor, amount: float, draw: Draw, *, low: float = 0.0, high: float = 1.0) -> Tensor:
    """Return the images with a random part of their pixels black or white.

    Parameters
    ----------
    images
        ``(N, C, H, W)``.
    amount
        Probability, 0 ... 1, that a pixel is replaced, in all of its channels; one half of those become
        ``low`` and the other ``high``. With the same ``draw``, a larger amount replaces the same pixels by
        the same values, and more.
    draw
        The images' random streams.
    low, high
        Black and white.

    Returns
    -------
    Tensor
        ``(N, C, H, W)``, in float32 at least.

    Raises
    ------
    InputError
        Wrong shape, ``amount`` out of its range, or a draw for another number of images.

    Examples
    --------
    >>> draw = Draw.of(0, ["a.png"], "salt-and-pepper")
    >>> noisy = salt_and_pepper(torch.full((1, 3, 50, 50), 0.5), 0.1, draw)
    >>> noisy.unique().tolist(), bool(((noisy != 0.5).float().mean() - 0.1).abs() < 0.02)
    ([0.0, 0.5, 1.0], True)
    """
    check_shape(images, "images", "N", "C", "H", "W")
    _check_share(amount, "amount")
    _check_draw(draw, images)
    images = as_float(images)
    number = draw.uniform(*images.shape[-2:])[:, None]
    salted = (number * 2**23).frac() > 0  # its last bit, which its size does not depend on
    grains = torch.where(salted, images.new_full((), high), images.new_full((), low))
    return torch.where(number < amount, grains, images)


def salience_rank(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Return the place of every pixel in the order from the most salient, 0, to the least.

    Parameters
    ----------
    maps
        ``(N, h, w)`` or ``(h, w)``; resized bilinearly.
    size
        (H, W) of the images.

    Returns
    -------
    Tensor
        ``(N, H, W)`` or ``(H, W)`` int64, each of 0 ... H * W - 1 once; equal pixels in reading order. Pixels
        count as equal when they are so in 16 bits of the map's range: interpolation gives whole strips one
        value but for rounding, whose order would change with the last bit of the map.

    Raises
    ------
    InputError
        Wrong shape or size.

    Examples
    --------
    >>> salience_rank(torch.tensor([[0.1, 0.9], [0.5, 0.5]]), (2, 2)).tolist()
    [[3, 0], [1, 2]]
    """
    batch, single = check_maps(maps)
    values = (resize_maps(as_unit_range(batch), size).flatten(1) * 65535).round()
    order = values.argsort(dim=1, descending=True, stable=True)
    places = torch.arange(order.shape[1], device=order.device).expand_as(order)
    rank = torch.empty_like(order).scatter_(1, order, places).view(-1, *size)
    return rank[0] if single else rank


def random_rank(draw: Draw, size: tuple[int, int]) -> Tensor:
    """Return the pixels of every image in random order: what :func:`salience_rank` is to be compared with.

    Returns
    -------
    Tensor
        ``(N, *size)`` int64, each of 0 ... H * W - 1 once.

    Examples
    --------
    >>> random_rank(Draw.of(0, ["a.png"], "random-first"), (2, 3)).flatten().sort().values.tolist()
    [0, 1, 2, 3, 4, 5]
    """
    return draw.bits(size[0] * size[1]).argsort(dim=1, stable=True).view(-1, *size)


def replace_share(
    images: Tensor,
    rank: Tensor,
    share: float,
    *,
    fill: Literal["mean", "erase", "noise"] = "mean",
    low: float = 0.0,
    high: float = 1.0,
    draw: Draw | None = None,
) -> Tensor:
    """Return the images without the first ``share`` of their pixels in the order of ``rank``.

    Parameters
    ----------
    images
        ``(N, C, H, W)``.
    rank
        ``(N, H, W)`` int64 of :func:`salience_rank` or :func:`random_rank`; those below
        ``round(share * H * W)`` are replaced. For the least salient first, pass ``H * W - 1 - rank``.
    share
        0 ... 1.
    fill
        ``"mean"``: the mean of each channel of that image; ``"erase"``: ``low``; ``"noise"``: uniform
        between ``low`` and ``high``, drawn for every pixel and channel.
    low, high
        Black and white.
    draw
        The images' random streams, for ``"noise"``.

    Returns
    -------
    Tensor
        ``(N, C, H, W)``, in float32 at least.

    Raises
    ------
    InputError, UsageError
        Wrong shape, ``share`` out of its range, a draw for another number of images; an unknown word, or
        noise without a draw.

    Examples
    --------
    >>> images = torch.tensor([[[[1.0, 3.0, 4.0, 0.0]]]])
    >>> rank = salience_rank(torch.tensor([[[0.2, 0.1, 0.9, 0.3]]]), (1, 4))
    >>> replace_share(images, rank, 0.5).tolist()
    [[[[1.0, 3.0, 2.0, 2.0]]]]
    """
    check_shape(images, "images", "N", "C", "H", "W")
    check_shape(rank, "rank", "N", "H", "W")
    _check_share(share, "share")
    if rank.shape != images.shape[:1] + images.shape[2:]:
        raise InputError(
            f"expected `rank` of shape (N, H, W) = {(len(images), *images.shape[2:])} like the images, "
            f"got {tuple(rank.shape)}"
        )
    images = as_float(images)
    one_of(fill, FILLS, "fill")
    if fill == "mean":
        filling = images.mean(dim=(-2, -1), keepdim=True)
    elif fill == "erase":
        filling = images.new_full((), low)
    elif draw is None:
        raise UsageError("expected `draw` with the fill noise, got none")
    else:
        _check_draw(draw, images)
        filling = (low + (high - low) * draw.uniform(*images.shape[1:])).to(images.dtype)
    count = round(share * rank.shape[-2] * rank.shape[-1])
    return torch.where((rank < count)[:, None], filling, images)


def _check_share(share: float, name: str) -> None:
    if not 0 <= share <= 1:
        raise InputError(f"expected `{name}` in 0 ... 1, got {share}")


def _check_draw(draw: Draw, images: Tensor) -> None:
    if len(draw.keys) != len(images):
        raise InputError(f"expected a `draw` for {len(images)} images, got one for {len(draw.keys)}")
