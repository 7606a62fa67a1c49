"""From the records of other sets to numbers: how well the entropy of maps tells them from the images audited."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import torch

from ..functional import auroc, auroc_interval, bootstrap_difference, hedges_g, wasserstein
from ..measures import Measure
from ..measures.out_of_set import NOISE
from .collecting import Column, collect
from .numbers import Plain, finite, interval, numbers
from .summary import not_applicable, summarised

if TYPE_CHECKING:
    import pandas as pd


def summarise_sets(
    measure: Measure,
    pieces: Iterable[pd.DataFrame],
    known: pd.DataFrame,
    *,
    seed: int,
    flat: Mapping[str, int] = {},
) -> Plain:
    """Return the entry of the out-of-set measure: the AUROC of entropy over all other sets, and each of them.

    ``flat`` has the number of constant maps of each set that was given. Without another set the measure is not
    applicable, and the entry still has the maps under noise.
    """
    sets: dict[str, Column] = {}
    informative: dict[str, Column] = {}

    def noise_of(pieces: Iterable[pd.DataFrame]) -> Iterable[pd.DataFrame]:
        """Pass the rows of the images on; keep of the other sets what is needed."""
        for piece in pieces:
            for name, rows in piece[piece["set"] != NOISE].groupby("set", observed=True):
                sets.setdefault(str(name), Column()).add(rows, "entropy")
                informative.setdefault(str(name), Column()).add(rows[~rows["degenerate"].astype(bool)], "entropy")
            yield piece[piece["set"] == NOISE]

    collected = collect(measure, noise_of(pieces))
    noise = summarised(measure, collected, known, seed)
    groups = {measure.factor: noise["groups"][measure.factor]}
    if not sets:
        unread = "no image of the out-of-set collections could be read; the maps under noise are recorded below"
        missing = not_applicable(measure, unread if flat else measure.lacks(runs=1, sets=0) or "")
        return {**missing, "also": noise["also"], "groups": groups}
    inside = numbers(collected.images["entropy"])
    outside = torch.cat([each.numbers() for each in sets.values()])
    found = auroc_interval(inside, outside, seed=seed)
    groups["set"] = {
        name: {**_against(inside, sets[name].numbers(), seed), "degenerate": flat.get(name, 0)} for name in sorted(sets)
    }
    headline = {"value": found.value, "ci_low": found.low, "ci_high": found.high, "std": found.std}
    for name in flat.keys() - groups["set"].keys():
        groups["set"][name] = {**interval(outside[:0], seed), "degenerate": 0, "reason": "no image could be read"}
    constant = collected.images["degenerate"].astype(bool)
    told = [
        numbers(collected.images.loc[~constant, "entropy"]),
        torch.cat([each.numbers() for each in informative.values()]),
    ]
    if all(len(each) for each in told):
        likeness = auroc_interval(*told, seed=seed)
        noise["also"]["auroc_of_informative_maps"] = finite(
            {
                "unit": "AUROC, constant maps left out",
                "null": 0.5,
                "over_null": None,
                "value": likeness.value,
                "ci_low": likeness.low,
                "ci_high": likeness.high,
                "std": likeness.std,
                "n": sum(len(each) for each in told),
            }
        )
    counts = {"n": len(inside) + len(outside), "degenerate": noise["degenerate"] + sum(flat.values())}
    return {**noise, **finite(headline), **counts, "null": 0.5, "over_null": None, "groups": groups}


def _against(inside: torch.Tensor, outside: torch.Tensor, seed: int) -> Plain:
    shift = bootstrap_difference(outside, inside, seed=seed)
    return finite(
        {
            **interval(outside, seed),
            "shift": shift.value,
            "shift_ci_low": shift.low,
            "shift_ci_high": shift.high,
            "effect_size": _effect_size(outside, inside),
            "wasserstein": float(wasserstein(outside, inside)),
            "auroc": float(auroc(inside, outside)),
        }
    )


def _effect_size(a: torch.Tensor, b: torch.Tensor) -> float | None:
    """Hedges' g, where it is defined: two values a side, and not two constants."""
    constant = len(a) < 2 or len(b) < 2 or (a.std() == 0 and b.std() == 0 and a[0] != b[0])
    return None if constant else hedges_g(a, b)
