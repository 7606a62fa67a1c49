"""What became of the images: counts in which nothing is left out, and why an audit is incomplete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .text import counted
from .words import kinds_words

Plain = Mapping[str, Any]


def counts(summary: Plain) -> str:
    """Return what became of the images, in one line in which nothing is left out.

    >>> counts({"data": {"listed": 10, "scored": 9, "skipped": [{}], "excluded": [{}, {}], "degenerate": 1}})
    '10 images = 9 scored + 1 skipped; 2 more files excluded beforehand; 1 constant map'
    """
    data = summary.get("data", {})
    skipped, excluded = len(data.get("skipped") or ()), len(data.get("excluded") or ())
    told = [f"{counted(data.get('listed', 0), 'image')} = {data.get('scored', 0):,d} scored + {skipped:,d} skipped"]
    if excluded:
        told.append(f"{counted(excluded, 'more file')} excluded beforehand")
    if data.get("left_out"):
        told.append(f"{data['left_out']:,d} left out by limit or split")
    if data.get("degenerate"):
        told.append(_constant(data))
    lone = (data.get("degenerate_kinds") or {}).get("one-pixel")
    if lone:
        told.append(f"{counted(lone, 'map')} of a single cell")
    told += [
        f"{_constant(other)} of {other['scored']:,d} in {other['name']}"
        for other in data.get("out_of_set") or ()
        if other.get("degenerate")
    ]
    changed = changed_files(summary)
    if changed:
        told.append(f"{counted(len(changed), 'file')} changed while the audit ran")
    return "; ".join(told)


def changed_files(summary: Plain) -> list[str]:
    """Return the images whose files changed while the audit ran, those of other sets behind the set's name.

    >>> changed_files({"data": {"changed": ["a.png"], "out_of_set": [{"name": "cats", "changed": ["b.png"]}]}})
    ['a.png', 'cats: b.png']
    """
    data = summary.get("data", {})
    others = [f"{each['name']}: {name}" for each in data.get("out_of_set") or () for name in each.get("changed") or ()]
    return [*(data.get("changed") or ()), *others]


def why_incomplete(summary: Plain) -> str:
    """Return why the numbers are not those of all the images as they are; empty if they are.

    >>> data = {"changed": ["a.png"], "skipped_share": 0.0}
    >>> why_incomplete({"complete": False, "settings": {"max_unreadable": 0.05}, "data": data})
    '1 file changed on the disk while the audit ran.'
    """
    if summary.get("complete", True):
        return ""
    changed = len(changed_files(summary))
    told = [f"{counted(changed, 'file')} changed on the disk while the audit ran."] if changed else []
    if not changed or too_many_skipped(summary):
        told.append("More files were unreadable than allowed: these numbers describe only what was scored.")
    return " ".join(told)


def too_many_skipped(summary: Plain) -> bool:
    """Return whether more of a set was unreadable than the settings allow.

    A summary of before there were shares says it only by being incomplete.
    """
    if summary.get("complete", True):
        return False
    data = summary.get("data", {})
    shares = [each.get("skipped_share") for each in (data, *(data.get("out_of_set") or ()))]
    allowed = summary.get("settings", {}).get("max_unreadable")
    return None in (*shares, allowed) or any(share > allowed for share in shares if share is not None)


def _constant(data: Plain) -> str:
    kinds = kinds_words(data.get("degenerate_kinds"))
    return counted(data["degenerate"], "constant map") + (f" ({kinds})" if kinds else "")
