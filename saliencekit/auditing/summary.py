"""From records to numbers with intervals: what ``summary.json`` says of each measure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ..functional import auroc, auroc_interval, bootstrap_difference, bootstrap_mean, hedges_g, wasserstein
from ..measures import Measure, Quantity
from ..measures.out_of_set import NOISE
from .collecting import Collected, Column, collect

if TYPE_CHECKING:
    import pandas as pd

Plain = dict[str, Any]


def about(measure: Measure) -> Plain:
    """Return what a measure says of itself."""
    names = ("question", "unit", "value_range", "direction", "null_is", "reading")
    return {name: getattr(measure, name) for name in names}


def not_applicable(measure: Measure, reason: str) -> Plain:
    """Return the entry of a measure that has no value, with the reason."""
    empty = dict.fromkeys(("value", "ci_low", "ci_high", "std", "null", "over_null"))
    return {
        "status": "not applicable",
        "reason": reason,
        **about(measure),
        **empty,
        "n": 0,
        "degenerate": 0,
        "also": {},
        "groups": {},
    }


def summarise(
    measure: Measure,
    pieces: Iterable[pd.DataFrame],
    known: pd.DataFrame,
    *,
    seed: int,
    nulls: Mapping[str, float] = {},
) -> Plain:
    """Return a measure's entry: value, interval, spread, count, null value, further quantities, groups.

    Parameters
    ----------
    pieces
        The records of the measure, cut anywhere but within an image: one piece is in memory at a time.
    known
        What is known of each image: indexed by ``image``, columns ``label group correct degenerate``.
    seed
        Of the bootstrap.
    nulls
        Null values that are one number for the whole set, by the column they belong to.
    """
    return _entry(measure, collect(measure, pieces), known, seed, nulls)


def _entry(
    measure: Measure, collected: Collected, known: pd.DataFrame, seed: int, nulls: Mapping[str, float] = {}
) -> Plain:
    images = collected.images
    facts = known.reindex(images.index)

    def described(quantity: Quantity) -> Plain:
        null = nulls.get(quantity.column, mean(images.get(quantity.null)))
        over = _over_null(images, quantity, seed)
        return {**interval(images[quantity.column], seed), "null": null, "over_null": over}

    return {
        "status": "ok",
        "reason": None,
        **about(measure),
        **described(measure.headline),
        "degenerate": int(facts["degenerate"].sum()),
        "also": {name: {"unit": each.unit, **described(each)} for name, each in measure.also.items()},
        "groups": {
            **_by_fact(images[measure.headline.column], facts, seed),
            **_by_condition(measure, collected, seed),
        },
    }


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
    noise = _entry(measure, collected, known, seed)
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
        noise["also"]["auroc_of_informative_maps"] = _finite(
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
    return {**noise, **_finite(headline), **counts, "null": 0.5, "over_null": None, "groups": groups}


def numbers(column: pd.Series) -> torch.Tensor:
    """Return a column as a float64 tensor, without its missing values."""
    return torch.from_numpy(column.dropna().to_numpy(dtype=np.float64, copy=True))


def interval(column: pd.Series | torch.Tensor, seed: int) -> Plain:
    """Return mean, 95 % bootstrap interval, standard deviation and count; nulls where there is no number."""
    values = column if isinstance(column, torch.Tensor) else numbers(column)
    if len(values) < 2:  # one value has no spread that could be known
        return {
            "value": float(values[0]) if len(values) else None,
            **dict.fromkeys(("ci_low", "ci_high", "std")),
            "n": len(values),
        }
    found = bootstrap_mean(values, seed=seed)
    return _finite(
        {"value": found.value, "ci_low": found.low, "ci_high": found.high, "std": found.std, "n": len(values)}
    )


def _over_null(images: pd.DataFrame, quantity: Quantity, seed: int) -> Plain | None:
    """Return by how much an image's number lies over its own null value; None where images have none of their own."""
    if quantity.null not in images:
        return None
    return interval(images[quantity.column] - images[quantity.null], seed)


def mean(column: pd.Series | None) -> float | None:
    """Return the mean of a column; None if there is no column or no number in it."""
    if column is None or column.notna().sum() == 0:
        return None
    return float(column.mean())


def _against(inside: torch.Tensor, outside: torch.Tensor, seed: int) -> Plain:
    shift = bootstrap_difference(outside, inside, seed=seed)
    return _finite(
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


def _by_fact(column: pd.Series, facts: pd.DataFrame, seed: int) -> Plain:
    tables: Plain = {}
    for factor in ("label", "group", "correct"):
        levels = facts[factor].dropna().unique()
        if len(levels):
            picked = {
                str(level): (facts[factor] == level).fillna(False).to_numpy(dtype=bool) for level in sorted(levels)
            }
            tables[factor] = {
                level: {**interval(column[rows], seed), "degenerate": int(facts["degenerate"][rows].sum())}
                for level, rows in picked.items()
            }
    return tables


def _by_condition(measure: Measure, collected: Collected, seed: int) -> Plain:
    if not measure.factor:
        return {}
    between = " / " if measure.factor == "pair" else " "  # names of runs may hold blanks
    return {
        measure.factor: {
            _level(key, between): {**interval(each.numbers(), seed), "degenerate": each.degenerate, **_gap(each, seed)}
            for key, each in collected.levels.items()
        }
    }


def _gap(level: Column, seed: int) -> Plain:
    """Return the null value of a condition and the distance from it, where each image has a null value of its own."""
    if not level.nulls:
        return {}
    values, nulls = level.numbers(), level.null_numbers()
    both = values.isfinite() & nulls.isfinite()
    gap = interval((values - nulls)[both], seed)
    return {"null": float(nulls[both].mean()) if both.any() else None, "over_null": gap}


def _level(key: tuple[object, ...], between: str) -> str:
    words = [f"{part:g}" if isinstance(part, float) else str(part) for part in key]
    return between.join(word for word in words if word)


def _finite(entry: Mapping[str, Any]) -> Plain:
    """Replace what JSON cannot say (NaN, infinities) by null."""
    return {key: None if isinstance(each, float) and not math.isfinite(each) else each for key, each in entry.items()}
