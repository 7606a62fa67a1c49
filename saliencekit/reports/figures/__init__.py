"""Pictures of the measures, one file each; drawn from the records, computing nothing new."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ...auditing.collecting import Levels
from ...auditing.result import Records
from . import degradation, entropy, equivariance, out_of_set, stability
from ._canvas import COLOURS, Panel

Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Figure:
    """How a measure is drawn: ``columns`` of its records, apart by ``conditions``, and its summary's entry."""

    conditions: tuple[str, ...]
    columns: tuple[str, ...]
    draw: Callable[[Levels, Entry], list[Panel]]


FIGURES: dict[str, Figure] = {
    name: Figure(each.CONDITIONS, each.COLUMNS, each.draw)
    for name, each in {
        "out_of_set": out_of_set,
        "equivariance": equivariance,
        "stability": stability,
        "degradation": degradation,
    }.items()
}


def draw_figures(records: Records, name: str, entry: Entry) -> list[Panel]:
    """Return the panels of a measure; none if it has no records or no pictures."""
    if name not in records:
        return []
    if name == "entropy":  # the only one that needs the images' names, labels and groups
        return entropy.draw(records.columns(name, entropy.COLUMNS), entry)
    figure = FIGURES.get(name)
    return [] if figure is None else figure.draw(records.by_condition(name, figure.conditions, figure.columns), entry)


__all__ = ["COLOURS", "Panel", "draw_figures"]
