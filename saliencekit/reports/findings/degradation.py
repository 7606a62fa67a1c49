"""Rules about degradation: does the score rest on what the maps call salient."""

from __future__ import annotations

from ..text import interval, number
from .finding import FEWER, Finding, Severity, Summary, doubt, gap_of, has_interval, measured


def salient_pixels_matter(summary: Summary) -> Finding | None:
    """Hold the area under the score, salient pixels first, against random pixels first."""
    entry = measured(summary, "degradation")
    gap = gap_of(entry) if entry else None
    if entry is None or gap is None:
        return None
    areas = f"area under the score {number(entry['value'])} against {number(entry['value'] - gap.value)}"
    told: str
    severity: Severity
    told, severity = {
        "below": ("hurts the score more than degrading random ones", "info"),
        "undecided": ("hurts the score no more than degrading random ones, as far as can be told", doubt(entry)),
        "above": ("hurts the score less than degrading random ones", "warning"),
    }[gap.standing]
    return Finding(
        "salient-pixels-matter",
        severity,
        f"Degrading salient pixels {told}: {areas}, difference {number(gap.value)} {interval(gap.low, gap.high)}.",
        "degradation",
        {
            "value": entry["value"],
            "over_null": gap.value,
            "ci_low": gap.low,
            "ci_high": gap.high,
        },
        f"a warning where the interval of salient first minus random first reaches 0 or above; {FEWER}",
    )


def object_blur_hurts(summary: Summary) -> Finding | None:
    """Speak where blurring the background, guided by the map, costs as much score as blurring the object."""
    also = summary.get("measures", {}).get("degradation", {}).get("also", {})
    blurs = [also.get(f"blur_{part}_score") for part in ("object", "background")]
    if not all(each is not None and has_interval(each) for each in blurs):
        return None
    thing, ground = blurs
    if thing["ci_high"] < ground["ci_low"]:
        return None
    worse = thing["ci_low"] > ground["ci_high"]
    told = (
        "Blurring what the maps call background costs more score than blurring the object"
        if worse
        else "Blurring the object is not seen to cost more score than blurring the background"
    )
    return Finding(
        "object-blur-hurts",
        "warning" if worse else "notice",
        f"{told}: the score is {number(ground['value'])} {interval(ground['ci_low'], ground['ci_high'])} with the "
        f"background blurred, {number(thing['value'])} {interval(thing['ci_low'], thing['ci_high'])} with the object.",
        "degradation",
        {"object_blurred": thing["value"], "background_blurred": ground["value"]},
        "the interval with the object blurred is not wholly below that with the background blurred",
    )
