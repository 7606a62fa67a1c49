"""What a gate that fails says, and its exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ._ending import fail

if TYPE_CHECKING:
    from ..auditing import AuditResult
    from ..reports import Gate
    from ..reports.gate import Failure

GATE = 1


def leads() -> bool:
    """Say whether this process is the one that speaks, of those that torchrun may have started."""
    return int(os.environ.get("RANK", "0")) == 0


def held(gate: Gate, result: AuditResult) -> int:
    """Hold a gate against an audit, say on stderr where it fails, and return the exit code."""
    if leads():
        for warning in gate.warnings(result):
            print(f"saliencekit: warning: {warning}", file=sys.stderr)
    return held_by(gate.failures(result))


def held_by(failures: Sequence[Failure]) -> int:
    """Say on stderr where a gate fails, and return the exit code."""
    if leads():
        for each in failures:
            fail(str(each), GATE)
    return GATE if failures else 0
