"""What the rules about agreement share: how much of the way from the null value to perfect agreement is gone."""

from __future__ import annotations

from .finding import Entry, Gap, Severity

LITTLE = 0.25
THRESHOLD = (
    f"a warning where the interval of the SSIM over its null value reaches 0 or below; a notice below {LITTLE} of "
    "the way from the null value to 1"
)


def way_gone(entry: Entry, gap: Gap) -> float | None:
    """Return the share of the way from the null value to 1, or None where there is no way."""
    way = 1 - (entry["value"] - gap.value)
    return gap.value / way if way > 0 else None


def severity_of(share: float | None, gap: Gap) -> Severity:
    """Return how grave an agreement is."""
    if gap.low <= 0:
        return "warning"
    return "notice" if share is not None and share < LITTLE else "info"
