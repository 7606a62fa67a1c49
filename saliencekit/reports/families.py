"""What is compared: single audits, or families of audits of several training runs."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from ..auditing.result import AuditResult, load_audit
from ..errors import UsageError
from .header import title_of
from .pairing import images_of

Given = AuditResult | str | os.PathLike[str]


@dataclass(frozen=True)
class Family:
    """One audit, or the audits of several runs of one kind.

    Parameters
    ----------
    name
        As it is shown.
    audits
        At least one.
    """

    name: str
    audits: tuple[AuditResult, ...]

    @cached_property
    def images(self) -> frozenset[str]:
        """Names of the images that every run holds."""
        return frozenset.intersection(*(images_of(audit) for audit in self.audits))

    @property
    def folders(self) -> str:
        """Where its audits lie."""
        return ", ".join(str(audit.folder) for audit in self.audits)


def family_of(given: Given | Sequence[Given] | Family, name: str = "") -> Family:
    """Return what was given as a family; a name of its own where there is none.

    Raises
    ------
    InputError
        If a folder holds no finished audit.
    UsageError
        If there is no audit in it, or one of them twice.
    """
    if isinstance(given, Family):
        return given
    several = [given] if isinstance(given, AuditResult | str | os.PathLike) else list(given)
    if not several:
        raise UsageError("a family needs at least one audit, got none")
    audits = tuple(each if isinstance(each, AuditResult) else load_audit(each) for each in several)
    folders = [audit.folder.resolve() for audit in audits]
    if len(set(folders)) < len(folders):
        twice = next(folder for folder in folders if folders.count(folder) > 1)
        raise UsageError(f"{twice} stands twice in one family: each of its audits is one run")
    return Family(name or title_of(audits[0].summary), audits)


def family_from_word(word: str) -> Family:
    """Return the family of a command-line word: ``DIR``, ``NAME=DIR`` or ``NAME=DIR,DIR,...``.

    A word that is the name of a folder is that folder, whatever signs it holds.

    Raises
    ------
    InputError, UsageError
        As :func:`family_of`; if a name or a folder is empty.
    """
    name, sign, folders = word.partition("=")
    if os.path.isdir(word) or not sign:
        return family_of(word)
    listed = [folder for folder in folders.split(",") if folder]
    if not name or not listed:
        raise UsageError(f"expected a folder, or NAME=DIR,DIR,..., got {word!r}")
    return family_of(listed, name)


def told_apart(families: Iterable[Family]) -> list[Family]:
    """Return the families under names of which no two are the same, by their folders where they would be."""
    given = list(families)
    names = [family.name for family in given]
    if len(set(names)) == len(names):
        return given
    longer = [f"{each.name} ({each.audits[0].folder})" if names.count(each.name) > 1 else each.name for each in given]
    if len(set(longer)) < len(longer):
        longer = [f"{name} [{place}]" for place, name in enumerate(longer, start=1)]
    return [Family(name, each.audits) for name, each in zip(longer, given, strict=True)]
