"""How do the maps change on images unlike those of the set?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor

from ..functional import cam_entropy, is_degenerate, salt_and_pepper, ssim
from .base import Direction, Measure, Quantity
from .views import Clean, Rows, Seen, View

if TYPE_CHECKING:
    import pandas as pd

NOISE = "salt-and-pepper"
AMOUNTS = (0.0, 0.01, 0.05, 0.10, 0.25, 0.50, 0.75, 1.0)


@dataclass(frozen=True)
class OutOfSet(Measure):
    """Entropy of the maps of other images as an outlier score, and the maps under salt-and-pepper noise.

    Parameters
    ----------
    amounts
        Shares of noisy pixels; 0 is the clean image.

    References
    ----------
    [crum2023explain]_
    """

    amounts: tuple[float, ...] = AMOUNTS

    name: ClassVar[str] = "out_of_set"
    question: ClassVar[str] = "How do the maps change on images unlike those of the set?"
    unit: ClassVar[str] = "AUROC"
    value_range: ClassVar[str] = "0 to 1; 0.5 means that entropy tells nothing"
    direction: ClassVar[Direction] = "higher"
    null_is: ClassVar[str] = "an outlier score that knows nothing"
    reading: ClassVar[str] = (
        "How often an out-of-set image has the more diffuse map of a random pair: 1 means that entropy flags "
        "them all, 0.5 that it cannot tell them apart, below 0.5 that the maps of unfamiliar images are more focused."
    )
    headline: ClassVar[Quantity] = Quantity("entropy", "nats")
    also: ClassVar[Mapping[str, Quantity]] = {"noise_ssim": Quantity("noise_ssim", "SSIM", "noise_ssim_null")}
    factor: ClassVar[str] = "amount"
    factor_columns: ClassVar[tuple[str, ...]] = ("amount",)
    factor_value: ClassVar[str] = "ssim"

    @property
    def views(self) -> tuple[View, ...]:
        """One view an amount of noise, but for the clean image."""
        return tuple(View(f"{NOISE} {each:g}", partial(_noisy, each)) for each in self.amounts if each > 0)

    def rows(self, clean: Clean, seen: Mapping[str, Seen]) -> Rows:
        """Return a row per image and amount of noise."""
        itself = Seen(clean.maps, clean.score)
        noisy = [seen[f"{NOISE} {each:g}"] if each > 0 else itself for each in self.amounts]
        maps = torch.stack([each.maps for each in noisy])
        values = {
            "entropy": torch.stack([cam_entropy(each) for each in maps]),
            "ssim": torch.stack([_map_ssim(each, clean.maps) for each in maps]),
            "score": torch.stack([each.score for each in noisy]),
            "degenerate": torch.stack([each.degenerate for each in noisy]),
        }
        if len(clean.other):
            values["ssim_null"] = torch.stack([_map_ssim(each, clean.other) for each in maps])
        return Rows(conditions=[{"set": NOISE, "amount": each} for each in self.amounts], values=values)

    def set_rows(self, name: str, clean: Clean) -> Rows:
        """Return a row for each image of another set, in the same columns; what needs a clean twin is NaN."""
        missing = torch.full_like(clean.score, float("nan"))
        values = {
            "entropy": cam_entropy(clean.maps),
            "ssim": missing,
            "score": clean.score,
            "degenerate": is_degenerate(clean.maps),
            "ssim_null": missing,
        }
        return Rows(
            conditions=[{"set": name, "amount": float("nan")}],
            values={key: each[None] for key, each in values.items()},
        )

    def lacks(self, *, runs: int, sets: int) -> str | None:
        """Without another set there is no outlier to score; the noise rows are recorded all the same."""
        del runs
        if sets:
            return None
        return "no out-of-set images were given (--out-of-set); the maps under noise are recorded below"

    def per_image(self, records: pd.DataFrame) -> pd.DataFrame:
        """Return the clean image's entropy, and its mean SSIM over the amounts of noise above 0."""
        noise = records[records["set"] == NOISE]
        clean = noise[noise["amount"] == 0].set_index("image")[["entropy", "degenerate"]]
        columns = [name for name in ("ssim", "ssim_null") if name in noise]
        means = noise[noise["amount"] > 0].groupby("image", sort=False, observed=True)[columns].mean()
        return clean.join(means.rename(columns={"ssim": "noise_ssim", "ssim_null": "noise_ssim_null"}))


def _noisy(amount: float, clean: Clean) -> Tensor:
    draw = clean.draw.fork(NOISE)
    return salt_and_pepper(clean.images, amount, draw, low=clean.low, high=clean.high)


def _map_ssim(a: Tensor, b: Tensor) -> Tensor:
    from ..functional import as_unit_range

    return ssim(as_unit_range(a), as_unit_range(b))
