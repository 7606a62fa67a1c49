"""``saliencekit audit``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from ..auditing.settings import AuditSettings
from ._app import app
from ._ending import fail, print_json
from ._gate import GATE, held, leads
from ._options import AS_FOUND, AS_RECORDED, ModelOptions, Preparing

if TYPE_CHECKING:
    from ..auditing import AuditResult

WRONG = ("skipped", "changed")
DEFAULTS = AuditSettings()


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
    preprocessing: Preparing = AS_RECORDED,
    output: Path = Path("audit"),
    resume: Annotated[bool, Parameter(negative=())] = False,
    overwrite: Annotated[bool, Parameter(negative=())] = False,
    fail_on: Annotated[tuple[str, ...], Parameter(negative=())] = (),
    baseline: Path | None = None,
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
    fail_on
        Leave with exit code 1 if this is true, as 'entropy.value > 3.2'; may be given several times.
    baseline
        Folder of an earlier audit, for --fail-on 'stability.value drop > 0.05'.
    quiet
        No progress.
    json
        Print the summary as JSON on stdout.
    """
    from ..auditing import run_audit
    from ..reports import Gate, finish_audit

    gate = Gate.for_audit(fail_on, settings.chosen(), baseline=baseline)
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
        key=loading.key,
        resume=resume,
        overwrite=overwrite,
        show_progress=not quiet,
        finish=finish_audit,
    )
    return max(_show(result, json=json), held(gate, result))


def _show(result: AuditResult, *, json: bool) -> int:
    if leads():
        if json:
            print_json(result.summary)
        else:
            from ..reports import print_summary

            print_summary(result)
    if result.summary["complete"]:
        return 0
    data = result.summary["data"]
    skipped, changed = ([name for each in (data, *data["out_of_set"]) for name in each[what]] for what in WRONG)
    if changed:
        return fail(f"{_images(changed)} changed on the disk while the audit ran, the first {changed[0]}", GATE)
    return fail(f"{_images(skipped)} could not be read, more than --max-unreadable allows: see the report", GATE)


def _images(names: list[object]) -> str:
    return "1 image" if len(names) == 1 else f"{len(names)} images"
