"""``saliencekit explain``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ..explaining.settings import ExplanationSettings
from ._app import app
from ._ending import fail, print_json
from ._options import AS_FOUND, AS_RECORDED, ModelOptions, Preparing

SKIPPED = 1
DEFAULTS = ExplanationSettings()


@app.command
def explain(
    model: str,
    /,
    *images: str,
    settings: Annotated[ExplanationSettings, Parameter(name="*", negative=())] = DEFAULTS,
    loading: ModelOptions = AS_FOUND,
    preprocessing: Preparing = AS_RECORDED,
    output: Path = Path("explained"),
    overwrite: Annotated[bool, Parameter(negative=())] = False,
    quiet: Annotated[bool, Parameter(negative=())] = False,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Draw where a model looks in images, and keep the raw maps and the predictions.

    Parameters
    ----------
    model
        Checkpoint.
    images
        Files, folders, manifests, and patterns such as 'photos/**/*.jpg'.
    output
        Folder to write.
    overwrite
        Replace the explanation in the output folder.
    quiet
        No progress.
    json
        Print the predictions as JSON on stdout.
    """
    from ..explaining.printing import print_explanation
    from ..explaining.run import run_explanation

    found = run_explanation(
        model,
        images,
        settings=settings,
        output=output,
        arch=loading.arch,
        preprocessing=preprocessing,
        trust_pickle=loading.trust_pickle,
        allow_missing=loading.allow_missing,
        key=loading.key,
        overwrite=overwrite,
        show_progress=not quiet,
    )
    if json:
        print_json(found.predictions)
    else:
        print_explanation(found)
    if not found.skipped:
        return 0
    first = found.predictions["skipped"][0]
    return fail(f"{found.skipped} could not be read, the first, {first['image']}: {first['reason']}", SKIPPED)
