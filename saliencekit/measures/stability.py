"""Do independent training runs look at the same places?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import torch
from torch import Tensor

from ..functional import iou_top, is_degenerate, pairs, pearson, quantize, ranks, ssim, ssim_pairs
from .base import Direction, Measure, Quantity
from .views import Clean, Rows, Seen

CELLS = 2**24  # compared at a time


@dataclass(frozen=True)
class Stability(Measure):
    """Agreement of the maps of every pair of independent runs on the same image.

    SSIM is taken on the 8-bit maps at grid size, with scikit-image's defaults, as in the paper; on a grid
    below 7x7 with the largest odd window that fits. Pearson, Spearman and the overlap of the most salient
    share are taken on the float maps.

    Parameters
    ----------
    share
        Of cells called salient, for the overlap.

    References
    ----------
    [crum2023explain]_
    """

    share: float = 0.10

    name: ClassVar[str] = "stability"
    question: ClassVar[str] = "Do independent training runs look at the same places?"
    unit: ClassVar[str] = "SSIM"
    value_range: ClassVar[str] = "-1 to 1 (all runs have the same maps)"
    direction: ClassVar[Direction] = "higher"
    null_is: ClassVar[str] = "one run's map against another run's map of another image"
    reading: ClassVar[str] = (
        "1 means that every run has the same map of an image. Near the null value two runs agree on an image "
        "no more than they do on two different ones: their maps tell about the run, not about the image."
    )
    headline: ClassVar[Quantity] = Quantity("ssim", "SSIM", "ssim_null")
    also: ClassVar[Mapping[str, Quantity]] = {
        "pearson": Quantity("pearson", "correlation"),
        "spearman": Quantity("spearman", "rank correlation"),
        "iou": Quantity("iou", "intersection over union of the most salient cells"),
    }
    factor: ClassVar[str] = "pair"
    factor_columns: ClassVar[tuple[str, ...]] = ("run_a", "run_b")
    factor_value: ClassVar[str] = "ssim"

    def rows(self, clean: Clean, seen: Mapping[str, Seen]) -> Rows:
        """Return a row per image and pair of runs."""
        del seen
        places = pairs(len(clean.runs)).to(clean.maps.device)
        ranked = ranks(clean.runs)
        grey = _grey(clean.runs)
        overlap = partial(iou_top, share=self.share)
        values = {
            "ssim": ssim_pairs(grey),
            "pearson": _by_pairs(pearson, clean.runs, clean.runs, places),
            "spearman": _by_pairs(pearson, ranked, ranked, places),  # Spearman, each run ranked once
            "iou": _by_pairs(overlap, clean.runs, clean.runs, places),
        }
        flat = is_degenerate(clean.runs.flatten(0, 1)).reshape(clean.runs.shape[:2])
        values["degenerate"] = flat[places].any(1)
        if len(clean.other):
            values["ssim_null"] = _by_pairs(ssim, grey, _grey(clean.other_runs), places)
        names = [(clean.run_names[i], clean.run_names[j]) for i, j in pairs(len(clean.runs)).tolist()]
        return Rows(conditions=[{"run_a": first, "run_b": second} for first, second in names], values=values)

    def lacks(self, *, runs: int, sets: int) -> str | None:
        """With one run there is no pair."""
        del sets
        return None if runs > 1 else "no second training run was given (--runs)"


def _by_pairs(likeness: Callable[[Tensor, Tensor], Tensor], first: Tensor, second: Tensor, places: Tensor) -> Tensor:
    """Return the likeness ``(P, N)`` of run a of ``first`` and run b of ``second``, for each (a, b) of ``places``.

    A few pairs at a time: those of ten runs would be a hundred maps an image, and a map may be as large as its image.
    """
    step = max(1, CELLS // max(1, first[0].numel()))
    return torch.cat([likeness(first[some[:, 0]], second[some[:, 1]]) for some in torch.split(places, step)])


def _grey(runs: Tensor) -> Tensor:
    """Return the maps ``(R, N, h, w)`` of all runs as 8-bit grey values."""
    return quantize(runs.flatten(0, 1)).reshape(runs.shape)
