"""An audit of each loss's runs: how much networks that differ only in their seed agree on where to look."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..auditing import AuditSettings, load_audit, run_audit
from ..data import Collection, open_data
from ..errors import EnvironmentFault, InputError, SaliencekitError
from ..files import sha256
from ..reports import finish_audit
from .table import Agreement

if TYPE_CHECKING:
    from ..auditing import AuditResult
    from .outcome import Outcome
    from .plan import Plan

MEASURES = "entropy,stability"
BATCH = 64


def stability_of(plan: Plan, runs: Sequence[Outcome]) -> dict[str, Agreement]:
    """Return the stability of each loss that has a finished run, from an audit in ``LOSS/audit``."""
    found = {}
    for loss in plan.losses:
        own = [plan.folder / run.folder / "model.pt" for run in runs if run.loss == loss and run.status == "finished"]
        if own:
            found[loss] = audited(
                plan.folder / loss / "audit",
                own,
                plan.looked_at,
                allow_outside=plan.allow_outside,
                split="auto" if plan.split == "all" else plan.split,
                device=plan.settings.device,
                workers=plan.settings.workers,
            )
    return found


def audited(
    folder: Path,
    checkpoints: Sequence[Path],
    data: str,
    *,
    allow_outside: bool = False,
    split: str = "test",
    device: str = "auto",
    workers: int = -1,
) -> Agreement:
    """Return the stability of a loss's runs, from the audit in ``folder`` or from a new one there.

    An audit of the same checkpoints is not repeated. One that cannot be made is no reason to lose the sweep's
    other figures: what it failed of is the ``reason``.

    Parameters
    ----------
    folder
        Folder of the audit.
    checkpoints
        Of the finished runs of the loss.
    data, split, device, workers
        As for :func:`saliencekit.audit`.
    allow_outside
        Take a table's paths that lead out of its folder as well.

    Raises
    ------
    EnvironmentFault
        If the folder cannot be written.
    """
    try:
        kept = _kept(folder, [sha256(path) for path in checkpoints])
        if kept is not None:
            return agreement(kept)
        images = open_data(data, allow_outside=allow_outside)
        return agreement(_audit(folder, checkpoints, images, split=split, device=device, workers=workers))
    except EnvironmentFault:
        raise
    except SaliencekitError as error:
        return Agreement(reason=f"the audit failed: {error}")


def agreement(result: AuditResult) -> Agreement:
    """Return the stability that an audit found."""
    entry = result.summary["measures"]["stability"]
    if entry["status"] != "ok":
        return Agreement(reason=entry["reason"])
    return Agreement(entry["value"], entry["ci_low"], entry["ci_high"], entry["null"])


def _audit(
    folder: Path, checkpoints: Sequence[Path], data: Collection, *, split: str, device: str, workers: int
) -> AuditResult:
    return run_audit(
        checkpoints[0],
        data,
        runs=checkpoints[1:],
        settings=AuditSettings(measures=MEASURES, split=split, batch_size=BATCH, device=device, workers=workers),
        output=folder,
        overwrite=True,
        finish=finish_audit,
    )


def _kept(folder: Path, digests: Sequence[str]) -> AuditResult | None:
    """Return the audit of these very checkpoints, where the folder holds it."""
    try:
        result = load_audit(folder)
    except InputError:
        return None
    model = result.summary["model"]
    runs = [run["sha256"] for run in model.get("runs") or ()] or [model.get("sha256")]
    return result if runs == list(digests) and "stability" in result.summary["measures"] else None
