"""Rules about the images: how many there were, how many could not be read, how many maps say nothing."""

from __future__ import annotations

from ..counts import too_many_skipped
from ..text import counted, number
from ..words import kinds_words
from .finding import FEW, Finding, Severity, Summary

CONSTANT = 0.05


def skipped_images(summary: Summary) -> Finding | None:
    """Name how many files could not be read."""
    sets = [summary.get("data", {}), *(summary.get("data", {}).get("out_of_set") or ())]
    listed = sum(each.get("listed", 0) for each in sets)
    skipped = sum(len(each.get("skipped") or ()) for each in sets)
    if not skipped:
        return None
    share = skipped / listed
    allowed = summary.get("settings", {}).get("max_unreadable")
    severity: Severity = "warning" if too_many_skipped(summary) else "notice"
    told = (
        f"{counted(skipped, 'image')} of {listed:,d} could not be read and {'is' if skipped == 1 else 'are'} left out"
    )
    if severity == "warning":
        told += f", more than allowed ({number(allowed)} of a set): the numbers describe only what was scored"
    return Finding(
        "skipped-images",
        severity,
        f"{told}.",
        "",
        {"skipped": skipped, "listed": listed, "share": share, "allowed": allowed},
        "any image that could not be read; a warning above max_unreadable",
    )


def few_images(summary: Summary) -> Finding | None:
    """Warn of intervals over too few images."""
    scored = summary.get("data", {}).get("scored")
    if scored is None or scored >= FEW:
        return None
    numbers = {"scored": scored, "least": FEW}
    if scored < 2:
        return Finding(
            "few-images",
            "warning",
            "One image has no interval: nothing here can be taken for more than that image.",
            "",
            numbers,
            "fewer than 2 images",
        )
    return Finding(
        "few-images",
        "notice",
        f"Only {counted(scored, 'image')}: a bootstrap interval over so few is too narrow, and every finding shaky.",
        "",
        numbers,
        f"fewer than {FEW} images",
    )


def constant_maps(summary: Summary) -> Finding | None:
    """Name the share of maps without any salience, of the audited model and of its sister runs."""
    data = summary.get("data", {})
    scored = data.get("scored") or 0
    counts = data.get("degenerate_runs") or [data.get("degenerate") or 0]
    if not scored or not any(counts):
        return None
    worst = max(counts)
    share = worst / scored
    kinds = kinds_words(data.get("degenerate_kinds")) if worst == counts[0] else ""
    whose = "the audited model" if worst == counts[0] else f"run {counts.index(worst) + 1} of {len(counts)}"
    return Finding(
        "constant-maps",
        "warning" if share > CONSTANT else "notice",
        f"{counted(worst, 'map')} of {scored:,d} by {whose} ({100 * share:.1f}\u00a0%) "
        f"{'is' if worst == 1 else 'are'} constant{f' ({kinds})' if kinds else ''}: there is no salience in it, it "
        "counts as the most diffuse, and two of them agree perfectly.",
        "",
        {"constant": worst, "scored": scored, "share": share, "audited": counts[0]},
        f"any constant map; a warning above {CONSTANT:.0%} of the images".replace("%", " %"),
    )
