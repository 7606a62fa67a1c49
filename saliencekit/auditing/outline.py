"""The shape of a summary before there is one: which names its numbers will have, for what is to look at them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..measures import Entropy, Measure, OutOfSet
from ..measures.kinds import KINDS
from .numbers import Plain
from .summary import not_applicable

ANY = None  # stands for all levels of a table, which are known only when the images are
DATA = ("listed", "scored", "degenerate", "left_out", "skipped_share")
INTERVAL = ("value", "ci_low", "ci_high", "std", "n")
SHIFT = ("shift", "shift_ci_low", "shift_ci_high", "effect_size", "wasserstein", "auroc")
FACTS = ("label", "group", "correct")


def outline(measures: Iterable[Measure]) -> Plain:
    """Return a summary of these measures in which every number is 0; a level of a table goes by the key ``ANY``.

    Whatever can stand in the summary of an audit stands here; there, a number may be null and a table may be lacking.

    >>> found = outline([Entropy()])["measures"]["entropy"]
    >>> found["value"], found["over_null"]["ci_high"], found["groups"]["label"][ANY]["n"]
    (0.0, 0.0, 0.0)
    """
    return {"data": _numbers(*DATA), "findings": [], "measures": {each.name: _entry(each) for each in measures}}


def _entry(measure: Measure) -> Plain:
    described = _described()
    level = {**described, **_numbers("degenerate")}
    groups: dict[str, Any] = {fact: {ANY: level} for fact in FACTS}
    also = {name: {"unit": each.unit, **described} for name, each in measure.also.items()}
    if measure.factor:
        groups[measure.factor] = {ANY: level}
    if isinstance(measure, OutOfSet):
        also["auroc_of_informative_maps"] = {"unit": measure.unit, **described}
        groups["set"] = {ANY: {**_numbers(*INTERVAL, *SHIFT, "degenerate"), "reason": ""}}
    if isinstance(measure, Entropy):
        described |= {"degenerate_kinds": _numbers(*KINDS), **_numbers("maximum")}
    return {**not_applicable(measure, ""), **level, **described, "status": "ok", "also": also, "groups": groups}


def _described() -> Plain:
    return {**_numbers(*INTERVAL, "null"), "over_null": _numbers(*INTERVAL)}


def _numbers(*names: str) -> Plain:
    return dict.fromkeys(names, 0.0)
