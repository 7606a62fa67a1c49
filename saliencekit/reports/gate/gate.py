"""All the clauses of a gate, with the baseline that they may compare with."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...auditing.outline import outline
from ...auditing.result import AuditResult, load_audit
from ...errors import UsageError
from ...showing.names import shown
from ..comparison import Comparison
from ..families import Family
from ..pairing import ACCURACY, differing
from .clause import Clause, Failure
from .compared import failures_of
from .values import tables_of

if TYPE_CHECKING:
    from ...measures import Measure

OTHERS = ("data", "findings")


@dataclass(frozen=True)
class Gate:
    """Conditions under which a pipeline is to fail.

    Parameters
    ----------
    clauses
        The gate fails if one of them is true.
    baseline
        The audit that ``drop`` and ``rise`` compare with.
    """

    clauses: tuple[Clause, ...] = ()
    baseline: AuditResult | None = None

    @classmethod
    def read(
        cls,
        expressions: Sequence[str],
        *,
        measures: Collection[str],
        baseline: str | os.PathLike[str] | None = None,
    ) -> Gate:
        """Read the clauses and the baseline, before any work begins.

        Parameters
        ----------
        expressions
            As given to ``--fail-on``.
        measures
            Names of the measures that there will be.
        baseline
            Folder of a finished audit.

        Raises
        ------
        UsageError
            If an expression cannot be read or names an unknown measure; if there is a baseline and no clause.
        InputError
            If the baseline holds no finished audit.
        """
        return cls._checked(expressions, dict.fromkeys([*measures, *OTHERS]), baseline)

    @classmethod
    def for_audit(
        cls,
        expressions: Sequence[str],
        measures: Iterable[Measure],
        *,
        baseline: str | os.PathLike[str] | None = None,
    ) -> Gate:
        """Read the clauses and the baseline for an audit of these measures, before it begins.

        Raises
        ------
        UsageError
            As for :meth:`read`, and if an expression names a number that no audit of these measures has.
        InputError
            If the baseline holds no finished audit.
        """
        return cls._checked(expressions, tables_of(outline(measures)), baseline)

    @classmethod
    def _checked(
        cls, expressions: Sequence[str], tables: Mapping[str, Any], baseline: str | os.PathLike[str] | None
    ) -> Gate:
        if baseline is not None and not expressions:
            raise UsageError("--baseline is compared with by --fail-on 'MEASURE.value drop > 0.05': give one")
        clauses = tuple(Clause.read(each) for each in expressions)
        for each in clauses:
            each.check(tables, baseline=baseline is not None)
        return cls(clauses, None if baseline is None else load_audit(Path(baseline)))

    @classmethod
    def for_comparison(cls, expressions: Sequence[str], families: Sequence[Family]) -> Gate:
        """Read the clauses that a comparison of these is to be held against; its first one is the baseline.

        Raises
        ------
        UsageError
            If an expression cannot be read or names what was measured in none of them.
        """
        measures = dict.fromkeys(
            name for family in families for audit in family.audits for name in audit.summary["measures"]
        )
        clauses = tuple(Clause.read(each) for each in expressions)
        for each in clauses:
            each.check(dict.fromkeys([*measures, ACCURACY, *OTHERS]), baseline=True)
        return cls(clauses)

    def failures_between(self, found: Comparison) -> tuple[Failure, ...]:
        """Return why the gate fails on a comparison of two, the second held against the first."""
        return failures_of(self.clauses, found)

    def failures(self, result: AuditResult) -> tuple[Failure, ...]:
        """Return why the gate fails on an audit; empty if it holds."""
        before = None if self.baseline is None else self.baseline.summary
        failed = (each.failure(result.summary, before) for each in self.clauses)
        return tuple(each for each in failed if each is not None)

    def warnings(self, result: AuditResult) -> tuple[str, ...]:
        """Return sentences that name what differs between an audit and the baseline beside the numbers."""
        if self.baseline is None:
            return ()
        named = differing(self.baseline, result).items()
        return tuple(
            shown(f"the baseline differs in {name}: {before} there, {now} here") for name, (before, now) in named
        )
