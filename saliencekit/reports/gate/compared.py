"""A comparison as a gate sees it: B's numbers as those of a summary, A's as its baseline."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from ..comparison import Comparison
from ..difference import Difference, Span
from ..pairing import ACCURACY
from .clause import Clause, Failure


def failures_of(clauses: Iterable[Clause], found: Comparison) -> tuple[Failure, ...]:
    """Return why a gate fails on a comparison of two; ``drop`` and ``rise`` are of B against A, on shared images."""
    now, before = numbers_of(found, "b"), numbers_of(found, "a")
    failed = (each.failure(now, before) for each in clauses)
    return tuple(each for each in failed if each is not None)


def numbers_of(found: Comparison, side: str) -> dict[str, Any]:
    """Return the numbers of one side in the shape of a summary.

    Parameters
    ----------
    found
        A comparison of two.
    side
        ``"a"`` or ``"b"``.
    """
    measures = {each.measure: _entry(each, side) for each in found.differences}
    unknown = {"status": "not applicable", "reason": "labels are not known"}
    measures[ACCURACY] = unknown if found.accuracy is None else _entry(found.accuracy, side)
    findings = [each.to_dict() for each in found.findings]
    return {
        "measures": measures,
        "data": {"images": found.images, "warnings": len(found.warnings)},
        "findings": findings,
    }


def _entry(each: Difference, side: str) -> dict[str, Any]:
    span = each.a if side == "a" else each.b
    beyond = None if each.over_null is None else each.over_null.a if side == "a" else each.over_null.b
    return {
        "status": each.status,
        "reason": each.reason,
        **_numbers(span),
        "over_null": _numbers(beyond),
        "difference": _numbers(each.difference),
        "p_value": each.p_value,
        "p_holm": each.p_holm,
        "effect_size": each.effect_size,
        "share_higher": each.share_higher,
        "groups": {
            factor: {level: _numbers(its) for level, its in levels.items()}
            for factor, levels in (each.groups or {}).items()
        },
    }


def _numbers(span: Span | None) -> dict[str, Any]:
    return dict.fromkeys(("value", "ci_low", "ci_high", "std", "n")) if span is None else asdict(span)
