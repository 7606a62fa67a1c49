"""``saliencekit evaluate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ..evaluation.settings import EvaluationSettings
from ._app import app
from ._ending import fail, print_json
from ._options import AS_FOUND, AS_RECORDED, ModelOptions, Preparing

GATE = 1
DEFAULTS = EvaluationSettings()


@app.command
def evaluate(
    model: str,
    /,
    *,
    data: Annotated[tuple[str, ...], Parameter(consume_multiple=True, negative=())] = (),
    threshold_data: str | None = None,
    settings: Annotated[EvaluationSettings, Parameter(name="*")] = DEFAULTS,
    loading: ModelOptions = AS_FOUND,
    preprocessing: Preparing = AS_RECORDED,
    output: Path = Path("evaluation"),
    allow_outside: Annotated[bool, Parameter(negative=())] = False,
    overwrite: Annotated[bool, Parameter(negative=())] = False,
    quiet: Annotated[bool, Parameter(negative=())] = False,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Measure how well a detector tells synthetic images from real ones.

    Parameters
    ----------
    model
        Checkpoint of a detector.
    data
        Folder or manifest, or several taken as one; by default the data that the checkpoint records.
    threshold_data
        Where the threshold split is, if not in the data.
    output
        Folder to write.
    allow_outside
        Take paths of a manifest that lead out of its folder.
    overwrite
        Replace the evaluation in the output folder.
    quiet
        No progress.
    json
        Print the summary as JSON on stdout.
    """
    from functools import partial

    from ..auditing.progress import progress
    from ..evaluation.run import run_evaluation
    from ..reports.detection import print_evaluation
    from ..reports.roc import write_roc

    found = run_evaluation(
        model,
        data or None,
        threshold_data=threshold_data,
        settings=settings,
        output=output,
        arch=loading.arch,
        trust_pickle=loading.trust_pickle,
        allow_missing=loading.allow_missing,
        key=loading.key,
        preprocessing=preprocessing,
        allow_outside=allow_outside,
        overwrite=overwrite,
        watch=partial(progress, show=not quiet),
        finish=write_roc,
    )
    if json:
        print_json(found.summary)
    else:
        print_evaluation(found)
    if found.summary["complete"]:
        return 0
    skipped = sum(len(found.summary[name]["skipped"]) for name in ("data", "threshold"))
    return fail(f"{skipped} images could not be read, more than --max-unreadable allows: see {found.folder}", GATE)
