"""What a pick must not rest on: agreement that the null value explains, or that flat maps have whatever they show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..showing.names import shown
from .difference import Difference, Outcome, OverNull, Span
from .findings import Finding
from .text import interval, listed, number

if TYPE_CHECKING:
    from .comparison import Comparison

SIDES: tuple[Outcome, ...] = ("a", "b")
NULL_RULE = (
    "better at a measure, and the interval of the difference between the distances from the null value is not on the "
    "same side"
)


def doubts(found: Comparison) -> Iterator[Finding]:
    """Yield what makes a win of a comparison doubtful."""
    for side in SIDES:
        explained = null_explains(found, side)
        if explained is not None:
            yield explained
    flat = flatter_agrees(found)
    if flat is not None:
        yield flat


def null_explains(found: Comparison, side: Outcome) -> Finding | None:
    """Speak where ``side`` is better at something, and is not once the null value of each image is taken off."""
    doubted = explained_wins(found, side)
    if not doubted:
        return None
    told = listed([each.said for each, _ in doubted])
    spans = listed([_words(beyond.difference) for _, beyond in doubted])
    return Finding(
        "null-explains",
        "notice",
        f"{_named(found, side)} at {told}, but not over the null value (B − A: {spans}): its null value differs as "
        "well, as where the maps of different images are alike.",
        "",
        {f"over_null_{each.measure}": beyond.difference.value for each, beyond in doubted},
        NULL_RULE,
    )


def explained_wins(found: Comparison, side: Outcome) -> list[tuple[Difference, OverNull]]:
    """Return what ``side`` is better at, but not by its distance from the null value of each image."""
    won = [(each, each.over_null) for each in found.better_at(side) if each.over_null is not None]
    return [(each, beyond) for each, beyond in won if not _bears_out(each, beyond, side)]


def flatter_agrees(found: Comparison) -> Finding | None:
    """Speak where agreement is won by the one whose maps are more diffuse: flat maps agree more easily."""
    by_name = {each.measure: each for each in found.differences}
    entropy = by_name.get("entropy")
    if entropy is None or entropy.outcome not in SIDES:
        return None
    flat: Outcome = "b" if entropy.outcome == "a" else "a"
    won = [name for name in ("equivariance", "stability") if name in by_name and by_name[name].outcome == flat]
    if not won:
        return None
    return Finding(
        "flatter-agrees",
        "notice",
        f"{_named(found, flat)} at {listed(won)}, and its maps are more diffuse: the flatter two maps are, the more "
        "they agree, whatever they show.",
        "entropy",
        {"difference_of_entropy": None if entropy.difference is None else entropy.difference.value},
        "better at equivariance or stability, with higher entropy",
    )


def _bears_out(each: Difference, beyond: OverNull, side: Outcome) -> bool:
    """Say whether the distances from the null value differ the same way, by more than their interval."""
    upward = (side == "b") == (each.direction == "higher")
    return beyond.difference.ci_low > 0 if upward else beyond.difference.ci_high < 0


def _named(found: Comparison, side: Outcome) -> str:
    names = shown(found.a), shown(found.b)
    better, other = names if side == "a" else reversed(names)
    return f"{better} is better than {other}"


def _words(span: Span) -> str:
    return f"{number(span.value)} {interval(span.ci_low, span.ci_high)}"
