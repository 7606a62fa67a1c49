"""Which model would you pick, and why: the findings of a comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..showing.names import shown
from .difference import Difference
from .doubts import doubts
from .findings import Finding
from .testing import ALPHA, p_words
from .text import counted, interval, listed, number

if TYPE_CHECKING:
    from .comparison import Comparison

RULE = f"interval excludes 0 and p after Holm's correction below {ALPHA}, measure by measure"


def choose(found: Comparison) -> tuple[Finding, ...]:
    """Return what a comparison of two says: the pick and why, accuracy, and what the pick does not rest on."""
    parts = (_pick(found), _accuracy(found), *doubts(found), _too_little(found))
    return tuple(each for each in parts if each is not None)


def _pick(found: Comparison) -> Finding | None:
    compared = [each for each in found.differences if each.status == "ok"]
    if not compared:
        return None
    wins = {"a": found.better_at("a"), "b": found.better_at("b")}
    names = {"a": shown(found.a), "b": shown(found.b)}
    numbers = {"better_a": len(wins["a"]), "better_b": len(wins["b"]), "compared": len(compared)}
    right = found.accuracy.outcome if found.accuracy is not None else "undecided"
    ahead = "a" if len(wins["a"]) > len(wins["b"]) else "b"
    behind = "b" if ahead == "a" else "a"
    if not wins["a"] and not wins["b"]:
        told = (
            f"No pick: {names['a']} and {names['b']} are not told apart by any of {counted(len(compared), 'measure')}"
        )
    elif wins[behind] or right == behind:
        against = [_why(each) for each in wins[behind]] + (["classifying"] if right == behind else [])
        told = (
            f"No clear pick: {names[ahead]} is better at {listed([_why(each) for each in wins[ahead]])}, "
            f"{names[behind]} at {listed(against)}; it depends on which of these matters to you"
        )
    else:
        told = (
            f"Pick {names[ahead]}: better at {listed([_why(each) for each in wins[ahead]])}, and worse at nothing "
            f"that was compared"
        )
    return Finding("pick", "info" if told.startswith("Pick") else "notice", f"{told}.", "", numbers, RULE)


def _why(each: Difference) -> str:
    change = each.difference
    words = each.said
    if change is None:
        return words
    return f"{words} ({number(change.value)} {interval(change.ci_low, change.ci_high)} {each.unit})"


def _accuracy(found: Comparison) -> Finding | None:
    each = found.accuracy
    if each is None or each.a is None or each.b is None or each.difference is None:
        return None
    first, second = (f"{100 * span.value:.1f}\u00a0%" for span in (each.a, each.b))
    shares = f"{first} of {shown(found.a)}'s predictions are right, {second} of {shown(found.b)}'s"
    told = {
        "a": f"{shown(found.a)} is the better classifier: {shares}",
        "b": f"{shown(found.b)} is the better classifier: {shares}",
    }.get(each.outcome, f"As classifiers they are not told apart: {shares}")
    span = interval(each.difference.ci_low, each.difference.ci_high)
    return Finding(
        "accuracy",
        "info",
        f"{told} (difference {number(each.difference.value)} {span}, {p_words(each.p_holm)} after correction).",
        "",
        {"a": each.a.value, "b": each.b.value, "difference": each.difference.value, "p_holm": each.p_holm},
        RULE,
    )


def _too_little(found: Comparison) -> Finding | None:
    if found.runs[0] > 1 and found.runs[1] > 1:
        return None
    which = found.a if found.runs[0] == 1 else found.b
    single = "Each side is one training run" if found.runs == (1, 1) else f"{shown(which)} is one training run"
    return Finding(
        "one-run",
        "notice",
        f"{single}: intervals and tests are over images, and another run may differ by more than the two do.",
        "",
        {"runs_a": found.runs[0], "runs_b": found.runs[1]},
        "fewer than 2 runs on a side (give NAME=DIR,DIR,...)",
    )
