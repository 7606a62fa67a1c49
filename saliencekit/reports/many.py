"""Any number of audits or families: every pair compared on the images that all hold, tests corrected over all pairs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from ..errors import UsageError
from .comparing import compare, corrected, pair_of, shared_by
from .comparison import Comparison
from .difference import Span
from .families import Family, Given, family_of, told_apart
from .findings import Finding
from .many_choosing import differences_of, notices_of, pick_of
from .many_page import write_many
from .text import counted

MOST = 12


@dataclass(frozen=True)
class ManyComparison:
    """What :func:`compare_many` found.

    Parameters
    ----------
    names
        Of the audits or families, in the order given.
    images
        How many images all of them hold.
    comparisons
        Every pair once, the earlier name as A.
    findings
        Which one would be picked, and why.
    """

    names: tuple[str, ...]
    images: int
    comparisons: tuple[Comparison, ...]
    findings: tuple[Finding, ...]

    @property
    def warnings(self) -> tuple[str, ...]:
        """What differs between the audits beside the numbers; each pair's under its names."""
        said = [
            f"{one.a} (A) and {one.b} (B): {each}" if " A" in each or " B" in each else each
            for one in self.comparisons
            for each in one.warnings
        ]
        return tuple(dict.fromkeys(said))

    @property
    def measures(self) -> tuple[str, ...]:
        """Names of what was compared, accuracy first where it is known."""
        return tuple(dict.fromkeys(each.measure for one in self.comparisons for each in differences_of(one)))

    def value(self, measure: str, name: str) -> Span | None:
        """Return a family's mean of a measure over the shared images, or None where it has none."""
        for one in self.comparisons:
            if name in (one.a, one.b):
                each = next((each for each in differences_of(one) if each.measure == measure), None)
                span = None if each is None else each.a if name == one.a else each.b
                if span is not None:
                    return span
        return None

    def to_dict(self) -> dict[str, Any]:
        """Return plain numbers and words, as they are written to ``comparison.json``."""
        return {
            "schema_version": 1,
            "names": list(self.names),
            "images": self.images,
            "warnings": list(self.warnings),
            "findings": [each.to_dict() for each in self.findings],
            "comparisons": [one.to_dict() for one in self.comparisons],
        }

    def __str__(self) -> str:
        lines = [f"{counted(len(self.names), 'model')} on {counted(self.images, 'image')} that all hold."]
        lines += [f"Warning: {each}" for each in self.warnings]
        for one in self.comparisons:
            lines += [f"A: {one.a}, B: {one.b}", *(f"  {sentence}" for sentence in one.sentences)]
        return "\n".join([*lines, *(each.sentence for each in self.findings)])


def compare_many(
    given: Sequence[Given | Sequence[Given] | Family], *, output: str | os.PathLike[str] | None = None
) -> ManyComparison:
    """Compare any number of audits or families of runs, pair by pair, on the images that all of them hold.

    Parameters
    ----------
    given
        At least two, each as :func:`saliencekit.compare` takes it.
    output
        Folder for ``comparison.html`` and ``comparison.json``; nothing is written without it.

    Raises
    ------
    UsageError
        If there are fewer than two, or more than 12: the number of pairs grows with the square.
    InputError
        If a folder holds no finished audit, or if the audits have no image in common.
    EnvironmentFault
        If ``output`` cannot be written.
    """
    families = told_apart([family_of(each) for each in given])
    if not 2 <= len(families) <= MOST:
        raise UsageError(f"expected 2 to {MOST} audits or families to compare, got {len(families)}")
    shared = shared_by(families)
    pairs = corrected([pair_of(a, b, shared) for a, b in combinations(families, 2)])
    names = tuple(family.name for family in families)
    found = ManyComparison(names, len(shared), tuple(pairs), (pick_of(names, pairs), *notices_of(pairs)))
    if output is not None:
        write_many(found, families, Path(output))
    return found


def compare_families(
    families: Sequence[Family], *, output: str | os.PathLike[str] | None = None
) -> tuple[Comparison | ManyComparison, tuple[Comparison, ...]]:
    """Compare two families as :func:`saliencekit.compare` does, more as :func:`compare_many` does.

    Returns
    -------
    The comparison, and of its pairs those with the first family.
    """
    if len(families) == 2:
        found = compare(*families, output=output)
        return found, (found,)
    many = compare_many(families, output=output)
    return many, tuple(one for one in many.comparisons if one.a == many.names[0])
