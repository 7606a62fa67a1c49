"""The embedded default: real faces, forged ones, two families of detectors, and what the five measures say of them."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import UsageError

if TYPE_CHECKING:
    from .auditing import AuditResult
    from .training import Recipe, TrainedRun

FAMILIES = ("cross-entropy", "droid")
SEEDS = (0, 1, 2)
BACKBONE = "saliencekit:small-cnn?width=8"


def run_demo(folder: Path, *, overwrite: bool = False) -> None:
    """Build the faces, train three runs with each loss, audit and compare both families, print what was found.

    Parameters
    ----------
    folder
        Gets ``faces/``, ``runs/``, ``audit-cross-entropy/``, ``audit-droid/`` and ``comparison/``.
    overwrite
        Replace the audits of a finished demo.

    Raises
    ------
    UsageError
        If the folder holds a finished demo and ``overwrite`` was not asked for.
    """
    from .data import build_faces
    from .reports import compare, print_comparison, print_summary

    if (folder / "comparison").exists() and not overwrite:
        raise UsageError(f"{folder} holds a finished demo: choose another folder, or --overwrite")
    started = time.monotonic()
    manifest = build_faces(folder / "faces")
    print(f"faces    {manifest}  ({time.monotonic() - started:.1f} s)", flush=True)
    runs = _train(manifest, folder / "runs", overwrite=overwrite)
    audits = {loss: _audit(loss, runs[loss], folder) for loss in FAMILIES}
    for audit in audits.values():
        print_summary(audit)
    comparison = compare(*(each.folder for each in audits.values()), output=folder / "comparison")
    print_comparison(comparison)
    print(f"done in {time.monotonic() - started:.0f} s; look at")
    for page in (
        *(each.folder / "report.html" for each in audits.values()),
        folder / "comparison" / "comparison.html",
    ):
        print(f"  {page}")


def demo_recipe(loss: str) -> Recipe:
    """Return the recipe of a family: the same for both but for the loss, which is the paper's."""
    from .training import RECIPES

    return replace(RECIPES["small-cnn"], backbone=BACKBONE, loss=loss)


def _train(manifest: Path, folder: Path, *, overwrite: bool) -> dict[str, list[TrainedRun]]:
    """Train every family's runs, as many at once as there are processors, and return them by family."""
    from .training import TrainingJob, TrainingSettings, train_several

    settings = TrainingSettings(device="cpu", threads=1)  # the same numbers whatever the machine has
    jobs = [
        TrainingJob(
            data=str(manifest),
            output=str(folder / f"{loss}-{seed}"),
            recipe=demo_recipe(loss),
            seed=seed,
            settings=settings,
            overwrite=overwrite,
        )
        for loss in FAMILIES
        for seed in SEEDS
    ]
    runs = train_several(jobs, processes=min(len(jobs), os.cpu_count() or 1), on_done=_tell)
    return {loss: runs[place * len(SEEDS) : (place + 1) * len(SEEDS)] for place, loss in enumerate(FAMILIES)}


def _tell(run: TrainedRun) -> None:
    print(f"trained  {run.path}  validation accuracy {run.val_accuracy or 0:.3f}  ({run.duration_s:.1f} s)", flush=True)


def _audit(loss: str, runs: Sequence[TrainedRun], folder: Path) -> AuditResult:
    from .workflows import audit

    started = time.monotonic()
    result = audit(
        runs[0].path,
        folder / "faces",
        out_of_set=[folder / "faces" / "non-faces"],
        runs=[run.path for run in runs[1:]],
        batch_size=64,
        workers=0,
        output=folder / f"audit-{loss}",
        overwrite=True,
    )
    print(f"audited  {result.folder}  ({time.monotonic() - started:.1f} s)", flush=True)
    return result
