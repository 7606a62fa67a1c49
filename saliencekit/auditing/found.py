"""What a batch gave, on the device; two halves of a batch become one again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ..functional import is_degenerate, predicted_class
from ..measures import Clean, Rows
from ..measures.kinds import map_kinds
from .averages import small_maps


@dataclass(frozen=True)
class Found:
    """What a batch gave, still on the device.

    Parameters
    ----------
    rows
        By measure.
    predicted
        ``(N,)``, class with the highest logit.
    maps
        ``(N, h, w)``, the clean maps.
    kinds
        ``(N,)``, what is the matter with each clean map, as :func:`~saliencekit.measures.kinds.map_kinds` has it.
    finite
        ``(N,)`` bool: all logits are finite, of every run and on every view.
    degenerate_runs
        ``(R, N)`` bool, by run: the map has no range.
    small_runs
        ``(R, N, h', w')``, the clean maps by run, small and in unit range, for average maps.
    """

    rows: Mapping[str, Rows]
    predicted: Tensor
    maps: Tensor
    kinds: Tensor
    finite: Tensor
    degenerate_runs: Tensor
    small_runs: Tensor


def found_of(clean: Clean, rows: Mapping[str, Rows]) -> Found:
    """Return what the clean side of a batch and its rows come to."""
    finite = clean.logits.isfinite().all(1) if clean.finite is None else clean.finite
    flat = is_degenerate(clean.runs.flatten(0, 1)).reshape(clean.runs.shape[:2])
    return Found(
        rows, predicted_class(clean.logits), clean.maps, map_kinds(clean.maps), finite, flat, small_maps(clean.runs)
    )


def joined(a: Found, b: Found) -> Found:
    """Return two halves of a batch as one."""
    return Found(
        {name: _rows_joined(each, b.rows[name]) for name, each in a.rows.items()},
        torch.cat([a.predicted, b.predicted]),
        torch.cat([a.maps, b.maps]),
        torch.cat([a.kinds, b.kinds]),
        torch.cat([a.finite, b.finite]),
        torch.cat([a.degenerate_runs, b.degenerate_runs], dim=1),
        torch.cat([a.small_runs, b.small_runs], dim=1),
    )


def _rows_joined(a: Rows, b: Rows) -> Rows:
    return replace(a, values={name: torch.cat([each, b.values[name]], dim=1) for name, each in a.values.items()})
