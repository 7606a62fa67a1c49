"""Rules about images unlike the audited ones: does entropy tell them apart, and do maps hold under noise."""

from __future__ import annotations

from ..text import counted, interval, number
from .finding import Entry, Finding, Severity, Summary, gap_of, has_interval, measured

CHANCE, WELL = 0.5, 0.7


def entropy_tells_sets(summary: Summary) -> Finding | None:
    """Say whether entropy separates the other sets from the audited images, and whether constant maps make it so."""
    entry = measured(summary, "out_of_set")
    if entry is None:
        return None
    auroc = _words(entry)
    told: tuple[Severity, str]
    if entry["ci_high"] < CHANCE:
        told = ("warning", f"Entropy takes the other sets for the familiar ones: AUROC {auroc}, the wrong way round")
    elif entry["ci_low"] <= CHANCE:
        told = ("notice", f"Entropy does not separate the other sets from the audited images: AUROC {auroc}")
    elif entry["value"] < WELL:
        told = ("notice", f"Entropy separates the other sets from the audited images only weakly: AUROC {auroc}")
    else:
        told = ("info", f"Entropy separates the other sets from the audited images with AUROC {auroc}")
    severity, sentence = told
    numbers = {"auroc": entry["value"], "ci_low": entry["ci_low"], "ci_high": entry["ci_high"]}
    informative = entry.get("also", {}).get("auroc_of_informative_maps")
    if entry.get("degenerate") and informative and has_interval(informative):
        numbers |= {"constant_maps": entry["degenerate"], "auroc_of_informative_maps": informative["value"]}
        made = _made_by_constant_maps(entry, informative)
        severity = "warning" if made else severity
        sentence += (
            f"; {'only because of' if made else 'with'} {counted(entry['degenerate'], 'constant map')}, "
            f"and without {'it' if entry['degenerate'] == 1 else 'them'} {_words(informative)}"
            f"{', the wrong way round' if informative['ci_high'] < CHANCE else ''}"
        )
    return Finding(
        "entropy-tells-sets",
        severity,
        f"{sentence}.",
        "out_of_set",
        numbers,
        f"the interval of the AUROC above {CHANCE} and the value at least {WELL}; below: weak, none, or the wrong way "
        "round; a warning where it holds only because of constant maps",
    )


def _made_by_constant_maps(entry: Entry, informative: Entry) -> bool:
    """Say whether the separation is there with the constant maps and not without them."""
    return bool(entry["ci_low"] > CHANCE >= informative["ci_low"])


def _words(entry: Entry) -> str:
    return f"{number(entry['value'])} {interval(entry['ci_low'], entry['ci_high'])}"


def holds_under_noise(summary: Summary) -> Finding | None:
    """Say whether the map of a noisy image is more like its clean map than another image's map is."""
    entry = summary.get("measures", {}).get("out_of_set", {}).get("also", {}).get("noise_ssim")
    gap = gap_of(entry) if entry else None
    if gap is None:
        return None
    means = f"SSIM {number(entry['value'])} against {number(entry['null'])}"
    told = {
        "below": "are less like the clean ones than another image's",
        "undecided": "are no more like the clean ones than another image's, as far as can be told",
        "above": "stay more like the clean ones than another image's",
    }[gap.standing]
    return Finding(
        "holds-under-noise",
        "info" if gap.standing == "above" else "notice",
        f"Under salt-and-pepper noise the maps {told}: {means}, "
        f"difference {number(gap.value)} {interval(gap.low, gap.high)}.",
        "out_of_set",
        {
            "value": entry["value"],
            "null": entry["null"],
            "over_null": gap.value,
            "ci_low": gap.low,
            "ci_high": gap.high,
        },
        "the interval of the SSIM over its null value reaches 0 or below",
    )
