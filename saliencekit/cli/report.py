"""``saliencekit report``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ._app import app
from ._gate import held


@app.command
def report(
    audit: Path,
    *,
    format: str = "html",
    gallery: int = 96,
    fail_on: Annotated[tuple[str, ...], Parameter(negative=())] = (),
    baseline: Path | None = None,
) -> int:
    """Draw the report of a finished audit again, from its records, and print the files' names.

    Parameters
    ----------
    audit
        Folder of the audit.
    format
        Of html, md, json, csv some, by commas: report.html, report.md, ... in that folder.
    gallery
        Images that the page may show: what bounds its size.
    fail_on
        Leave with exit code 1 if this is true, as 'entropy.value > 3.2'; may be given several times.
    baseline
        Folder of an earlier audit, for --fail-on 'stability.value drop > 0.05'.
    """
    from ..auditing import load_audit
    from ..reports import Gate, write_formats

    result = load_audit(audit)
    gate = Gate.read(fail_on, measures=result.summary["measures"], baseline=baseline)
    for path in write_formats(result, format, most_cards=gallery):
        print(path)
    return held(gate, result)
