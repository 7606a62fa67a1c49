"""What the losses share: checked inputs, per-sample values of the terms, and how values become a loss."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from ..errors import InputError, UsageError, one_of
from ..functional._checks import as_float
from ..functional.entropy import cam_entropy
from ..functional.geometry import resize_maps
from ..functional.normalization import as_unit_range

REDUCTIONS = ("mean", "sum", "none")
ENTROPY_FLOOR = 1e-6  # nats; below it the logarithm of an entropy is held, with zero gradient


@dataclass(frozen=True)
class Batch:
    """The arguments of a loss, checked, in float32 at least."""

    logits: Tensor
    labels: Tensor
    maps: Tensor
    human_maps: Tensor | None
    has_map: Tensor | None


def checked(
    logits: Tensor,
    labels: Tensor,
    maps: Tensor,
    human_maps: Tensor | None = None,
    has_map: Tensor | None = None,
) -> Batch:
    """Check shapes (and, on the CPU, the labels' range); bring human maps to the maps' grid."""
    check_logits(logits, labels)
    n = len(logits)
    if maps.ndim != 3 or len(maps) != n:
        raise InputError(f"expected `maps` of shape ({n}, h, w), got {tuple(maps.shape)}")
    if has_map is not None and (has_map.shape != (n,) or has_map.dtype != torch.bool):
        raise InputError(
            f"expected `has_map` of shape ({n},) and type bool, got {tuple(has_map.shape)} of {has_map.dtype}"
        )
    if human_maps is not None:
        if human_maps.ndim != 3 or len(human_maps) != n:
            raise InputError(f"expected `human_maps` of shape ({n}, h, w), got {tuple(human_maps.shape)}")
        human_maps = _on_grid(human_maps, has_map, (maps.shape[-2], maps.shape[-1]))
    return Batch(as_float(logits), labels, as_float(maps), human_maps, has_map)


def check_logits(logits: Tensor, labels: Tensor) -> None:
    """Raise :class:`InputError` unless ``logits`` are (N, K) and ``labels`` N classes among them."""
    if logits.ndim != 2 or 0 in logits.shape:
        raise InputError(f"expected `logits` of shape (N, K), got {tuple(logits.shape)}")
    integers = not (labels.is_floating_point() or labels.is_complex())
    if labels.shape != logits.shape[:1] or not integers:
        raise InputError(
            f"expected integer `labels` of shape ({len(logits)},), got {tuple(labels.shape)} of {labels.dtype}"
        )
    if labels.device.type == "cpu":  # elsewhere a look at the values would wait for the device
        highest = max(logits.shape[1], 2) - 1
        low, high = int(labels.min()), int(labels.max())
        if low < 0 or high > highest:
            raise InputError(f"expected `labels` from 0 to {highest}, got {low if low < 0 else high}")


def require_human(batch: Batch, word: str) -> Tensor:
    """Return the human maps on the grid; where there are none, ``has_map`` must have said so."""
    if batch.human_maps is not None:
        return batch.human_maps
    if batch.has_map is None:
        raise InputError(f"the loss {word!r} needs `human_maps`; for a batch without any, pass `has_map` with no True")
    if batch.has_map.any():
        raise InputError("`has_map` names samples with a human map, but `human_maps` is None")
    return torch.zeros_like(batch.maps)


def cross_entropy_values(logits: Tensor, labels: Tensor) -> Tensor:
    """Return (N,) cross-entropies in nats; a single logit is that of class 1."""
    if logits.shape[1] == 1:
        return F.binary_cross_entropy_with_logits(logits[:, 0], labels.to(logits.dtype), reduction="none")
    return F.cross_entropy(logits, labels.long(), reduction="none")


def distance_values(maps: Tensor, human_maps: Tensor) -> Tensor:
    """Return (N,) mean squared differences, over the cells, of two maps in unit range."""
    return (as_unit_range(human_maps) - as_unit_range(maps)).square().mean(dim=(1, 2))


def log_entropy_values(maps: Tensor, *, offset: float) -> Tensor:
    """Return (N,) ``ln(H + offset)``, held at ``ln(ENTROPY_FLOOR)`` from below."""
    return (cam_entropy(maps) + offset).clamp_min(ENTROPY_FLOOR).log()


def reduced(values: Tensor, reduction: str, has_map: Tensor | None = None) -> Tensor:
    """Return the mean, the sum, or the values themselves; samples without a map are left out of all three."""
    one_of(reduction, REDUCTIONS, "reduction")
    if has_map is not None:
        values = torch.where(has_map, values, torch.zeros_like(values))
    if reduction == "none":
        return values
    if reduction == "sum":
        return values.sum()
    return values.mean() if has_map is None else values.sum() / has_map.sum().clamp_min(1)


def total(terms: dict[str, Tensor]) -> Tensor:
    """Return the sum of the terms."""
    first, *others = terms.values()
    for term in others:
        first = first + term
    return first


def check_weight(name: str, value: float, *, highest: float = float("inf")) -> float:
    """Return ``value`` as a float if it is finite and in [0, highest], else raise :class:`UsageError`."""
    if not 0 <= value <= highest or value == float("inf"):
        wanted = "a finite number of at least 0" if highest == float("inf") else f"a number in [0, {highest:g}]"
        raise UsageError(f"expected `{name}` to be {wanted}, got {value!r}")
    return float(value)


def _on_grid(human_maps: Tensor, has_map: Tensor | None, size: tuple[int, int]) -> Tensor:
    human_maps = as_float(human_maps)
    if has_map is not None:  # what stands in the place of a missing map may be anything, NaN too
        human_maps = torch.where(has_map[:, None, None], human_maps, torch.zeros_like(human_maps))
    return human_maps if human_maps.shape[-2:] == size else resize_maps(human_maps, size)
