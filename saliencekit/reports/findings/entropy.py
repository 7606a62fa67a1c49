"""Rules about entropy: maps as flat as a random network's, and images whose maps are more diffuse than others'."""

from __future__ import annotations

from ...showing.names import shown
from ..text import interval, number
from .finding import FEWER, Entry, Finding, Severity, Summary, doubt, gap_of, measured
from .moments import Moments, Shift, shift

MUCH = 0.8
LEAST_IMAGES = 5


def flat_as_random(summary: Summary) -> Finding | None:
    """Hold the entropy against that of the same network with re-drawn weights."""
    entry = measured(summary, "entropy")
    gap = gap_of(entry) if entry else None
    if entry is None or gap is None:
        return None
    value = f"{number(entry['value'])} {interval(entry['ci_low'], entry['ci_high'])} nats"
    null = f"{number(entry['null'])} with re-drawn weights"
    told: str
    severity: Severity
    told, severity = {
        "below": ("more focused than a random network's", "info"),
        "undecided": ("as flat as a random network's, as far as can be told", doubt(entry)),
        "above": ("flatter than a random network's", "warning"),
    }[gap.standing]
    return Finding(
        "flat-as-random",
        severity,
        f"The maps are {told}: entropy {value} against {null}.",
        "entropy",
        {key: entry[key] for key in ("value", "ci_low", "ci_high", "null")},
        f"a warning where the upper end of the interval of the entropy is at or above the null value; {FEWER}",
    )


def wrong_more_diffuse(summary: Summary) -> Finding | None:
    """Say whether the maps of wrong predictions are more diffuse than those of right ones."""
    entry = measured(summary, "entropy")
    levels = entry["groups"].get("correct", {}) if entry else {}
    wrong, right = (Moments.of(levels[key]) if key in levels else None for key in ("False", "True"))
    found = shift(wrong, right) if wrong and right else None
    if found is None or found.low <= 0 <= found.high:
        return None
    wide = found.value > 0
    told = (
        f"Wrong predictions have {'more diffuse' if wide else 'more focused'} maps than right ones: "
        f"by {number(abs(found.value))} nats, interval of the difference {interval(found.low, found.high)}, "
        f"Hedges' g {number(found.effect)}"
    )
    return Finding(
        "wrong-more-diffuse",
        "notice" if wide else "info",
        f"{told}.",
        "entropy",
        _numbers(found, levels["False"]["n"], levels["True"]["n"]),
        "the 95 % interval (Welch) of wrong minus right excludes 0",
    )


def diffuse_class(summary: Summary) -> Finding | None:
    """Name the class whose maps are much more diffuse than the others'."""
    return _diffuse(summary, "label", "class", "diffuse-class")


def diffuse_group(summary: Summary) -> Finding | None:
    """Name the group whose maps are much more diffuse than the others'; one that is a whole class is told of there."""
    return _diffuse(summary, "group", "group", "diffuse-group")


def _diffuse(summary: Summary, factor: str, word: str, rule: str) -> Finding | None:
    entry = measured(summary, "entropy")
    found = {} if entry is None else _shifts(entry["groups"].get(factor, {}))
    much = {name: each for name, each in found.items() if each.effect >= MUCH and each.low > 0}
    if factor == "group" and entry is not None:
        classes = [Moments.of(each) for each in entry["groups"].get("label", {}).values()]
        much = {name: each for name, each in much.items() if Moments.of(entry["groups"]["group"][name]) not in classes}
    if not much or entry is None:
        return None
    worst = max(much, key=lambda name: much[name].effect)
    level, most = entry["groups"][factor][worst], much[worst]
    others = f" So it is, less strongly, for {len(much) - 1} more." if len(much) > 1 else ""
    return Finding(
        rule,
        "notice",
        f"The maps of {word} {shown(worst)} are much more diffuse than the others': entropy {number(level['value'])} "
        f"nats, {number(most.value)} {interval(most.low, most.high)} above the rest, Hedges' g {number(most.effect)}."
        + others,
        "entropy",
        {word: worst, "entropy": level["value"], **_numbers(most, level["n"], entry["n"] - level["n"])},
        f"Hedges' g of at least {MUCH} against all other images, its interval (Welch, 95 % over all levels together) "
        f"above 0, and at least {LEAST_IMAGES} images",
    )


def _shifts(levels: Entry) -> dict[str, Shift]:
    samples = {name: sample for name, each in levels.items() if (sample := Moments.of(each))}
    shifts = {}
    for name, own in samples.items():
        rest = [each for other, each in samples.items() if other != name]
        if not rest or min(own.n, sum(each.n for each in rest)) < LEAST_IMAGES:
            continue
        found = shift(own, Moments.together(rest), comparisons=len(samples))
        if found is not None:
            shifts[name] = found
    return shifts


def _numbers(found: Shift, n: int, others: int) -> dict[str, float | int | str | None]:
    return {
        "difference": found.value,
        "ci_low": found.low,
        "ci_high": found.high,
        "effect_size": found.effect,
        "n": n,
        "n_others": others,
    }
