"""``saliencekit audit``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from ..auditing.settings import AuditSettings
from ..preprocessing import PreprocessingFlags
from ._app import app
from ._ending import fail, print_json
from ._options import AS_FOUND, ModelOptions

GATE = 1
DEFAULTS = AuditSettings()
AS_RECORDED = PreprocessingFlags()


@app.command
def audit(
    model: str,
    /,
    *,
    data: str | None = None,
    out_of_set: Annotated[tuple[str, ...], Parameter(negative=())] = (),
    runs: Annotated[tuple[str, ...], Parameter(consume_multiple=True, negative=())] = (),
    settings: Annotated[AuditSettings, Parameter(name="*")] = DEFAULTS,
    loading: ModelOptions = AS_FOUND,
    preprocessing: Annotated[PreprocessingFlags, Parameter(name="*")] = AS_RECORDED,
    output: Path = Path("audit"),
    resume: Annotated[bool, Parameter(negative=())] = False,
    overwrite: Annotated[bool, Parameter(negative=())] = False,
    quiet: Annotated[bool, Parameter(negative=())] = False,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Answer the five questions about a model's salience, into a folder with a report.

    Parameters
    ----------
    model
        Checkpoint.
    data
        Folder or manifest; by default the data that the checkpoint records, else scikit-image's photographs.
    out_of_set
        Other images, for the shift of entropy; may be given several times.
    runs
        Further training runs of the same architecture, for stability.
    output
        Folder to write.
    resume
        Go on with the interrupted audit in the output folder.
    overwrite
        Replace the audit in the output folder.
    quiet
        No progress.
    json
        Print the summary as JSON on stdout.
    """
    from ..auditing import run_audit
    from ..reports import write_report

    result = run_audit(
        model,
        data,
        out_of_set=out_of_set,
        runs=runs,
        settings=settings,
        output=output,
        arch=loading.arch,
        preprocessing=preprocessing,
        trust_pickle=loading.trust_pickle,
        allow_missing=loading.allow_missing,
        resume=resume,
        overwrite=overwrite,
        show_progress=not quiet,
        finish=write_report,
    )
    return _show(result, json=json)


def _show(result: Any, *, json: bool) -> int:
    if int(os.environ.get("RANK", "0")) == 0:  # under torchrun one process speaks
        if json:
            print_json(result.summary)
        else:
            from ..reports import print_summary

            print_summary(result)
    if result.summary["complete"]:
        return 0
    data = result.summary["data"]
    skipped = sum(len(each["skipped"]) for each in (data, *data["out_of_set"]))
    return fail(f"{skipped} images could not be read, more than --max-unreadable allows: see the report", GATE)
