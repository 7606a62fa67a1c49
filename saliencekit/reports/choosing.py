"""Which model would you pick, and why: the findings of a comparison."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..showing.names import shown
from .difference import Difference
from .findings import Finding
from .testing import ALPHA, p_words
from .text import interval, number, titled

if TYPE_CHECKING:
    from .comparison import Comparison

RULE = f"interval excludes 0 and p after Holm's correction below {ALPHA}, measure by measure"


def choose(found: Comparison) -> tuple[Finding, ...]:
    """Return what a comparison of two says: the pick and why, accuracy, and what the pick does not rest on."""
    parts = (_pick(found), _accuracy(found), _flatter(found), _too_little(found))
    return tuple(each for each in parts if each is not None)


def better_at(found: Comparison, letter: str) -> list[Difference]:
    """Return the measures at which one of the two is better, in order."""
    return [each for each in found.differences if each.outcome == letter]


def _pick(found: Comparison) -> Finding | None:
    compared = [each for each in found.differences if each.status == "ok"]
    if not compared:
        return None
    wins = {"a": better_at(found, "a"), "b": better_at(found, "b")}
    names = {"a": shown(found.a), "b": shown(found.b)}
    numbers = {"better_a": len(wins["a"]), "better_b": len(wins["b"]), "compared": len(compared)}
    right = found.accuracy.outcome if found.accuracy is not None else "undecided"
    ahead = "a" if len(wins["a"]) > len(wins["b"]) else "b"
    behind = "b" if ahead == "a" else "a"
    if not wins["a"] and not wins["b"]:
        told = f"No pick: {names['a']} and {names['b']} are not told apart by any of {len(compared)} measures"
    elif wins[behind] or right == behind:
        against = [_why(each) for each in wins[behind]] + (["classifying"] if right == behind else [])
        told = (
            f"No clear pick: {names[ahead]} is better at {_listed([_why(each) for each in wins[ahead]])}, "
            f"{names[behind]} at {_listed(against)}; it depends on which of these matters to you"
        )
    else:
        told = (
            f"Pick {names[ahead]}: better at {_listed([_why(each) for each in wins[ahead]])}, and worse at nothing "
            f"that was compared"
        )
    return Finding("pick", "info" if told.startswith("Pick") else "notice", f"{told}.", "", numbers, RULE)


def _why(each: Difference) -> str:
    change = each.difference
    words = titled(each.measure)
    words = words if words.isupper() else words[0].lower() + words[1:]
    if change is None:
        return words
    return f"{words} ({number(change.value)} {interval(change.ci_low, change.ci_high)} {each.unit})"


def _accuracy(found: Comparison) -> Finding | None:
    each = found.accuracy
    if each is None or each.a is None or each.b is None or each.difference is None:
        return None
    first, second = (f"{100 * span.value:.1f} %" for span in (each.a, each.b))
    shares = f"{first} of {shown(found.a)}'s predictions are right, {second} of {shown(found.b)}'s"
    told = {
        "a": f"{shown(found.a)} is the better classifier: {shares}",
        "b": f"{shown(found.b)} is the better classifier: {shares}",
    }.get(each.outcome, f"Both classify equally well, as far as can be told: {shares}")
    span = interval(each.difference.ci_low, each.difference.ci_high)
    return Finding(
        "accuracy",
        "info",
        f"{told} (difference {number(each.difference.value)} {span}, {p_words(each.p_holm)} after correction).",
        "",
        {"a": each.a.value, "b": each.b.value, "difference": each.difference.value, "p_holm": each.p_holm},
        RULE,
    )


def _flatter(found: Comparison) -> Finding | None:
    """Speak where agreement is won by the one whose maps are more diffuse: flat maps agree more easily."""
    by_name = {each.measure: each for each in found.differences}
    entropy = by_name.get("entropy")
    if entropy is None or entropy.outcome not in ("a", "b"):
        return None
    flat = "b" if entropy.outcome == "a" else "a"
    won = [name for name in ("equivariance", "stability") if name in by_name and by_name[name].outcome == flat]
    if not won:
        return None
    name = shown(found.a if flat == "a" else found.b)
    return Finding(
        "flatter-agrees",
        "notice",
        f"{name} is better at {_listed(won)}, and its maps are more diffuse: the flatter two maps are, the more they "
        "agree, whatever they show.",
        "entropy",
        {"difference_of_entropy": None if entropy.difference is None else entropy.difference.value},
        "better at equivariance or stability, with higher entropy",
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


def _listed(words: Sequence[str]) -> str:
    """Join words as one says them.

    >>> _listed(["a"]), _listed(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
