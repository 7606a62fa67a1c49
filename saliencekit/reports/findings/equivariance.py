"""Rules about equivariance: does salience follow what is in the image when the image is flipped, turned or shifted."""

from __future__ import annotations

from ...showing.names import shown
from ..text import interval, number
from .agreement import THRESHOLD, severity_of, way_gone
from .finding import Entry, Finding, Gap, Summary, gap_of, measured


def follows_flips(summary: Summary) -> Finding | None:
    """Speak where the salience does not follow a flip; the worst flip is named."""
    flips = {name: gap for name, gap in _gaps(summary).items() if name.startswith("flip")}
    if not flips:
        return None
    worst = min(flips, key=lambda name: flips[name][1].value)
    entry, gap = flips[worst]
    share, severity = way_gone(entry, gap), severity_of(entry, gap)
    if severity == "info":
        return None
    little = "hardly follows a flip" if gap.standing == "above" else "does not follow a flip"
    little += ", as far as can be told" if gap.standing == "undecided" else ""
    return Finding(
        "follows-flips",
        severity,
        f"Salience {little}: after {shown(worst)} the SSIM is {number(entry['value'])}, "
        f"{number(gap.value)} {interval(gap.low, gap.high)} over that with another image's map.",
        "equivariance",
        _numbers(worst, entry, share),
        THRESHOLD,
    )


def follows_transforms(summary: Summary) -> Finding | None:
    """Say whether the salience follows the transforms, and which of them it follows worst."""
    entry = measured(summary, "equivariance")
    gap = gap_of(entry) if entry else None
    levels = _gaps(summary)
    if entry is None or gap is None:
        return None
    share, severity = way_gone(entry, gap), severity_of(entry, gap)
    follows = "does not follow" if gap.standing != "above" else "hardly follows" if severity == "notice" else "follows"
    doubted = ", as far as can be told" if gap.standing == "undecided" else ""
    told = (
        f"Salience {follows} the image under flips, turns and shifts{doubted}: SSIM {number(entry['value'])} "
        f"{interval(entry['ci_low'], entry['ci_high'])} against {number(entry['value'] - gap.value)} with another "
        "image's map"
    )
    numbers = {"value": entry["value"], "over_null": gap.value, "ci_low": gap.low, "ci_high": gap.high, "share": share}
    if levels:
        worst = min(levels, key=lambda name: levels[name][1].value)
        least, its = levels[worst]
        numbers |= {"worst": worst, "worst_value": least["value"], "worst_over_null": its.value}
        told += f"; worst after {shown(worst)}, {number(least['value'])}, {number(its.value)} over the null value"
    return Finding("follows-transforms", severity, f"{told}.", "equivariance", numbers, THRESHOLD)


def _gaps(summary: Summary) -> dict[str, tuple[Entry, Gap]]:
    """Return the transforms that have a null value, with their distance from it."""
    entry = measured(summary, "equivariance")
    levels = entry["groups"].get("transform", {}) if entry else {}
    return {name: (each, gap) for name, each in levels.items() if (gap := gap_of(each)) is not None}


def _numbers(worst: str, entry: Entry, share: float | None) -> dict[str, float | int | str | None]:
    gap = gap_of(entry)
    numbers: dict[str, float | int | str | None] = {"transform": worst, "value": entry["value"], "share": share}
    return numbers if gap is None else {**numbers, "over_null": gap.value, "ci_low": gap.low, "ci_high": gap.high}
