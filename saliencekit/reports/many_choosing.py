"""Which of several models would you pick, and why: the findings of all pairs put together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..showing.names import shown
from .comparison import Comparison
from .difference import Difference
from .doubts import NULL_RULE, SIDES, explained_wins
from .findings import Finding
from .text import counted, listed, shortened

MOST_NAMED = 6


def differences_of(one: Comparison) -> Iterator[Difference]:
    """Yield what a pair was compared by, accuracy first."""
    if one.accuracy is not None:
        yield one.accuracy
    yield from one.differences


def pick_of(names: Sequence[str], pairs: Sequence[Comparison]) -> Finding:
    """Pick the one that is worse than no other at anything, if there is one such."""
    won, lost = dict.fromkeys(names, 0), dict.fromkeys(names, 0)
    for one in pairs:
        for each in differences_of(one):
            if each.outcome in ("a", "b"):
                better, worse = (one.a, one.b) if each.outcome == "a" else (one.b, one.a)
                won[better] += 1
                lost[worse] += 1
    unbeaten = [name for name in names if won[name] and not lost[name]]
    record = ", ".join(f"{shown(name)} {won[name]} to {lost[name]}" for name in sorted(names, key=lambda n: -won[n]))
    if len(unbeaten) == 1:
        told = (
            f"Pick {shown(unbeaten[0])}: the only one that is worse than no other at anything and better at something"
        )
    elif not any(won.values()):
        told = "No pick: no two of them are told apart by any measure"
    else:
        told = "No clear pick: " + (
            "each of them is worse than another at something" if not unbeaten else "several are worse than no other"
        )
    numbers = {f"better: {name}": won[name] for name in names} | {f"worse: {name}": lost[name] for name in names}
    return Finding(
        "pick",
        "info" if len(unbeaten) == 1 else "notice",
        f"{told} (times better to times worse, over all pairs and measures: {record}).",
        "",
        numbers,
        "a pair counts for a measure where the interval excludes 0 and p, corrected over all pairs, is below 0.05",
    )


def notices_of(pairs: Sequence[Comparison]) -> list[Finding]:
    """Return what each pair adds but its own pick, each sentence once."""
    explained = _explained(pairs)
    found = [each for one in pairs for each in one.findings if each.id not in ("pick", "accuracy", "null-explains")]
    return [*([explained] if explained else []), *{each.sentence: each for each in found}.values()]


def _explained(pairs: Sequence[Comparison]) -> Finding | None:
    """Put together which wins of all pairs the null value explains."""
    wins: dict[str, list[str]] = {}
    for one in pairs:
        for side in SIDES:
            better, other = (one.a, one.b) if side == "a" else (one.b, one.a)
            for each, _ in explained_wins(one, side):
                wins.setdefault(each.said, []).append(f"{shown(better)} over {shown(other)}")
    if not wins:
        return None
    told = "; ".join(f"at {said} {listed(shortened(those, MOST_NAMED))}" for said, those in wins.items())
    count = sum(map(len, wins.values()))
    total = sum(each.outcome in SIDES for one in pairs for each in differences_of(one))
    return Finding(
        "null-explains",
        "notice",
        f"Of {counted(total, 'time')} that one is better than another, {count:,d} {'is' if count == 1 else 'are'} not "
        "borne out over the null value, which differs as well, as where the maps of different images are alike: "
        f"{told}.",
        "",
        {"explained": count, "better": total},
        NULL_RULE,
    )
