"""What the rules about agreement share: how much of the way from the null value to perfect agreement is gone."""

from __future__ import annotations

from .finding import FEWER, Entry, Gap, Severity, doubt

LITTLE = 0.25
THRESHOLD = (
    f"a warning where the interval of the SSIM over its null value reaches 0 or below ({FEWER}); a notice below "
    f"{LITTLE} of the way from the null value to 1"
)


def way_gone(entry: Entry, gap: Gap) -> float | None:
    """Return the share of the way from the null value to 1, or None where there is no way."""
    way = 1 - (entry["value"] - gap.value)
    return gap.value / way if way > 0 else None


def severity_of(entry: Entry, gap: Gap) -> Severity:
    """Return how grave an agreement is."""
    if gap.standing != "above":
        return "warning" if gap.standing == "below" else doubt(entry)
    share = way_gone(entry, gap)
    return "notice" if share is not None and share < LITTLE else "info"
