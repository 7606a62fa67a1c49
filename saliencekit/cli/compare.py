"""``saliencekit compare``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ._app import app
from ._ending import print_json
from ._gate import held_by


@app.command
def compare(
    first: str,
    second: str,
    /,
    *others: str,
    output: Path | None = None,
    fail_on: Annotated[tuple[str, ...], Parameter(negative=())] = (),
    json: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Compare audits of the same images: differences with intervals and tests, and which one to pick.

    Parameters
    ----------
    first
        Folder of an audit, or NAME=DIR,DIR,... for the audits of several training runs.
    second
        Another; differences are later minus earlier.
    others
        Further ones.
    output
        Folder for the comparison as HTML and JSON.
    fail_on
        Leave with exit code 1 if this is true of a later audit, the first one being its baseline, as
        'stability.value drop > 0.05'; may be given several times.
    json
        Print the comparison as JSON.
    """
    from ..reports import Gate, compare_families, print_comparison
    from ..reports.families import family_from_word

    families = [family_from_word(word) for word in (first, second, *others)]
    gate = Gate.for_comparison(fail_on, families)
    found, against_first = compare_families(families, output=output)
    if json:
        print_json(found.to_dict())
    else:
        print_comparison(found)
    return held_by([failure for one in against_first for failure in gate.failures_between(one)])
