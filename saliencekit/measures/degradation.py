"""What happens to the score when salient parts are degraded?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Literal

import torch
from torch import Tensor

from ..errors import UsageError, one_of
from ..functional import as_unit_range, guided_blur, random_rank, replace_share, ssim
from ..functional.blur import BLUR_LEVELS
from .base import Direction, Measure, Quantity
from .views import Clean, Rows, Seen, View

if TYPE_CHECKING:
    import pandas as pd

Fill = Literal["mean", "erase", "noise"]
BLURS = ("blur-background", "blur-object")
ORDERS = ("salient-first", "least-first", "random-first")


@dataclass(frozen=True)
class Degradation(Measure):
    """Score on images whose salient, or other, parts are blurred or replaced.

    The blur is the paper's: guided by the map it blurs the background, by the inverted map the object.
    The curves replace a growing share of the pixels: most salient first, least salient first, random.

    Parameters
    ----------
    levels
        Shares of replaced pixels, increasing, in (0, 1].
    fill
        What replaces a pixel: the image's mean colour, the lowest value (erase), or noise.

    References
    ----------
    [crum2023explain]_ (guided blur).
    """

    levels: tuple[float, ...] = (0.1, 0.25, 0.5, 0.75, 1.0)
    fill: Fill = "mean"

    name: ClassVar[str] = "degradation"
    question: ClassVar[str] = "What happens to the score when salient parts are degraded?"
    unit: ClassVar[str] = "mean probability"
    value_range: ClassVar[str] = "0 to 1: area under the score as the most salient pixels are replaced first"
    direction: ClassVar[Direction] = "lower"
    null_is: ClassVar[str] = "the area when random pixels are replaced first"
    reading: ClassVar[str] = (
        "Below the null value, taking away what the map calls salient hurts the score more than taking away "
        "random pixels, so the map points at what the decision rests on. At or above it, it does not."
    )
    headline: ClassVar[Quantity] = Quantity("salient_first", "mean probability", "random_first")
    also: ClassVar[Mapping[str, Quantity]] = {
        "least_first": Quantity("least_first", "mean probability", "random_first"),
        "area_between": Quantity("area_between", "mean probability"),
        "blur_object_score": Quantity("blur_object_score", "probability"),
        "blur_background_score": Quantity("blur_background_score", "probability"),
    }
    factor: ClassVar[str] = "guide level"
    factor_columns: ClassVar[tuple[str, ...]] = ("guide", "level")
    factor_value: ClassVar[str] = "score"

    def __post_init__(self) -> None:
        one_of(self.fill, ("mean", "erase", "noise"), "fill")
        if (
            not self.levels
            or list(self.levels) != sorted(set(self.levels))
            or not 0 < self.levels[0] <= self.levels[-1] <= 1
        ):
            raise UsageError(f"expected increasing `levels` in (0, 1], got {self.levels}")

    @property
    def views(self) -> tuple[View, ...]:
        """Two blurs, and one view per order and level; with all pixels replaced the orders are one view."""
        blurs = [View(name, partial(_blurred, name)) for name in BLURS]
        curves = [
            View(self._view_name(order, level), partial(_replaced, order, level, self.fill))
            for order in ORDERS
            for level in self.levels
        ]
        return tuple(dict.fromkeys([*blurs, *curves]))

    def rows(self, clean: Clean, seen: Mapping[str, Seen]) -> Rows:
        """Return a row per image, guide and level; level 0 of each order is the clean image."""
        itself = Seen(clean.maps, clean.score)
        cells: list[tuple[str, float, Seen]] = [(name, float("nan"), seen[name]) for name in BLURS]
        for order in ORDERS:
            cells.append((order, 0.0, itself))
            cells.extend((order, level, seen[self._view_name(order, level)]) for level in self.levels)
        clean_unit = as_unit_range(clean.maps)
        ssims = {id(each): ssim(as_unit_range(each.maps), clean_unit) for _, _, each in cells}
        return Rows(
            conditions=[{"guide": guide, "level": level} for guide, level, _ in cells],
            values={
                "score": torch.stack([each.score for _, _, each in cells]),
                "ssim": torch.stack([ssims[id(each)] for _, _, each in cells]),
                "degenerate": torch.stack([each.degenerate for _, _, each in cells]),
            },
        )

    def per_image(self, records: pd.DataFrame) -> pd.DataFrame:
        """Return the area under each curve, the area between the outer two, and the two blurred scores."""
        import pandas as pd

        areas = {
            order.replace("-", "_"): _area(records[records["guide"] == order].pivot(index="image", columns="level"))
            for order in ORDERS
        }
        table = pd.DataFrame(areas)
        table["area_between"] = table["least_first"] - table["salient_first"]
        for blur in BLURS:
            scores = records[records["guide"] == blur].set_index("image")["score"]
            table[f"{blur.replace('-', '_')}_score"] = scores
        return table

    def _view_name(self, order: str, level: float) -> str:
        return f"{self.fill} {level:g}" if level >= 1 else f"{self.fill} {order} {level:g}"


def _area(curves: pd.DataFrame) -> pd.Series[float]:
    """Trapezoid area under score over level, divided by the range of levels."""
    import pandas as pd
    from scipy.integrate import trapezoid

    scores = curves["score"]
    levels = scores.columns.to_numpy(dtype="float64")
    areas = trapezoid(scores.to_numpy(dtype="float64"), levels, axis=1) / (levels[-1] - levels[0])
    return pd.Series(areas, index=scores.index)


def _blurred(name: str, clean: Clean) -> Tensor:
    guide = clean.guide if name == "blur-background" else 255 - clean.guide
    return guided_blur(clean.images, guide, levels=BLUR_LEVELS)


def _replaced(order: str, level: float, fill: Fill, clean: Clean) -> Tensor:
    if order == "random-first":
        rank = random_rank(clean.draw.fork("degradation order"), clean.size)
    else:
        rank = clean.rank if order == "salient-first" else clean.rank.flatten(1).shape[1] - 1 - clean.rank
    draw = clean.draw.fork("degradation fill")
    return replace_share(clean.images, rank, level, fill=fill, low=clean.low, high=clean.high, draw=draw)
