"""Two audits of the same images, joined image by image, or two families of them, run by run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..measures import MEASURES
from .choosing import choose
from .comparison import Comparison
from .comparison_page import write_comparison
from .contrast import contrast
from .difference import Difference, OverNull
from .families import Family, Given, family_of, told_apart
from .pairing import ACCURACY, compared_quantity, differing, facts_of, numbers_of, right_of
from .testing import holm
from .text import counted


def compare(
    a: Given | Sequence[Given] | Family,
    b: Given | Sequence[Given] | Family,
    *,
    output: str | os.PathLike[str] | None = None,
) -> Comparison:
    """Compare two audits, or two families of runs, on the images that all of them hold.

    Each measure's number per image is taken from the records, the images are joined by name, and the mean of b - a
    gets a bootstrap interval over images and Wilcoxon's signed-rank test. Where both sides are several training
    runs, the runs are what interval and test are over: the means of the runs, by Welch. P-values are corrected for
    the number of tests (Holm). Images, layers, methods, targets, preprocessing or measures that differ are named in
    ``warnings``.

    Parameters
    ----------
    a, b
        An audit or its folder; several of them for a family of runs.
    output
        Folder for ``comparison.html`` and ``comparison.json``; nothing is written without it.

    Raises
    ------
    InputError
        If a folder holds no finished audit, or if the audits have no image in common.
    UsageError
        If a family is empty or holds an audit twice.
    EnvironmentFault
        If ``output`` cannot be written.
    """
    first, second = family_of(a), family_of(b)
    if min(len(first.audits), len(second.audits)) > 1:
        first, second = told_apart((first, second))
    (found,) = corrected([pair_of(first, second, shared_by((first, second)))])
    if output is not None:
        write_comparison(found, first, second, Path(output))
    return found


def shared_by(families: Sequence[Family]) -> list[str]:
    """Return the images that every audit of every family holds, sorted by name.

    Raises
    ------
    InputError
        If there are none.
    """
    shared = sorted(frozenset.intersection(*(family.images for family in families)))
    if not shared:
        folders = " and ".join(family.folders for family in families)
        raise InputError(f"the audits in {folders} have no image in common: audit both models on the same data")
    return shared


def pair_of(a: Family, b: Family, shared: Sequence[str]) -> Comparison:
    """Return the comparison of two families on these images, p-values not yet corrected."""
    settings = tuple((name, *values) for name, values in differing(a.audits[0], b.audits[0]).items())
    known = facts_of(a.audits[0], shared)
    names = dict.fromkeys(name for audit in (*a.audits, *b.audits) for name in audit.summary["measures"])
    tables = (right_of(a.audits, shared), right_of(b.audits, shared))
    about = Difference(ACCURACY, ACCURACY, "share", "higher", status="not applicable", reason="labels are not known")
    right = None if tables[0] is None or tables[1] is None else contrast(about, tables[0], tables[1], known)
    return Comparison(
        a=a.name,
        b=b.name,
        images=len(shared),
        warnings=(*_warnings(a, b, len(shared), settings), *_within(a), *_within(b)),
        differences=tuple(_difference(name, a, b, shared, known) for name in names if name in MEASURES),
        settings=settings,
        runs=(len(a.audits), len(b.audits)),
        accuracy=right if right is not None and right.status == "ok" else None,
    )


def corrected(found: Sequence[Comparison]) -> list[Comparison]:
    """Return comparisons with their p-values corrected for how many tests there are in all, and with findings."""
    tested = [each for one in found for each in (*one.differences, one.accuracy) if each is not None]
    values = iter(holm([each.p_value for each in tested]))
    whole = []
    for one in found:
        differences = tuple(replace(each, p_holm=next(values)) for each in one.differences)
        accuracy = None if one.accuracy is None else replace(one.accuracy, p_holm=next(values))
        known = replace(one, differences=differences, accuracy=accuracy)
        whole.append(replace(known, findings=choose(known)))
    return whole


def _difference(name: str, a: Family, b: Family, shared: Sequence[str], known: Any) -> Difference:
    quantity, direction = compared_quantity(name)
    reason = _lacking(name, a, b)
    about = Difference(name, quantity.column, quantity.unit, direction, status="not applicable", reason=reason)
    if reason is not None:
        return about
    first, second = numbers_of(name, a.audits, shared), numbers_of(name, b.audits, shared)
    found = contrast(about, first.values, second.values, known)
    beyond = contrast(about, first.over_null, second.over_null, None)
    return replace(found, over_null=OverNull.of(beyond))


def _lacking(name: str, a: Family, b: Family) -> str | None:
    for letter, family in (("A", a), ("B", b)):
        for audit in family.audits:
            entry = audit.summary["measures"].get(name)
            if name not in audit.records:
                why = (entry or {}).get("reason") or "it was not asked for"
                return f"not measured in {letter}: {why}"
    return None


def _warnings(a: Family, b: Family, shared: int, settings: Sequence[tuple[str, str, str]]) -> tuple[str, ...]:
    said = [f"the audits differ in {name}: {first} in A, {second} in B" for name, first, second in settings]
    only_a, only_b = len(a.images) - shared, len(b.images) - shared
    if only_a or only_b:
        parts = [f"{counted(n, 'image')} only in {name}" for name, n in (("A", only_a), ("B", only_b)) if n]
        said.insert(0, f"the audits hold different images: {counted(shared, 'image')} in both, {' and '.join(parts)}")
    return tuple(said)


def _within(family: Family) -> tuple[str, ...]:
    """Name what differs between the runs of one family."""
    said = []
    for audit in family.audits[1:]:
        for name, (first, other) in differing(family.audits[0], audit).items():
            said.append(f"the runs of {family.name} differ in {name}: {first} and {other}")
    return tuple(dict.fromkeys(said))
