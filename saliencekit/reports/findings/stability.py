"""The rule about stability: do runs agree on an image more than on two different ones."""

from __future__ import annotations

from ..text import interval, number
from .agreement import THRESHOLD, severity_of, way_gone
from .finding import Finding, Summary, gap_of, measured

_TOLD = {
    "below": "The runs agree on an image less than on shuffled pairs of images",
    "undecided": "The runs agree on an image no better than on shuffled pairs of images, as far as can be told",
    "above": "The runs agree on where to look, more than on shuffled pairs of images",
}


def runs_agree(summary: Summary) -> Finding | None:
    """Hold the agreement of the runs on one image against their agreement on two."""
    entry = measured(summary, "stability")
    gap = gap_of(entry) if entry else None
    if entry is None or gap is None:
        return None
    share, severity = way_gone(entry, gap), severity_of(entry, gap)
    told = _TOLD[gap.standing]
    if gap.standing == "above" and severity == "notice":
        told = "The runs agree on an image hardly better than on shuffled pairs of images"
    return Finding(
        "runs-agree",
        severity,
        f"{told}: SSIM {number(entry['value'])} {interval(entry['ci_low'], entry['ci_high'])} against "
        f"{number(entry['value'] - gap.value)}, a difference of {number(gap.value)} {interval(gap.low, gap.high)}.",
        "stability",
        {"value": entry["value"], "over_null": gap.value, "ci_low": gap.low, "ci_high": gap.high, "share": share},
        THRESHOLD,
    )
