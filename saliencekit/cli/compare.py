"""``saliencekit compare``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ._app import app
from ._ending import print_json


@app.command
def compare(
    first: Path,
    second: Path,
    *,
    output: Path | None = None,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Compare two audits of the same images: paired differences with intervals.

    Parameters
    ----------
    first, second
        Folders of the audits; differences are second minus first.
    output
        Folder for the comparison as HTML and JSON.
    json
        Print the comparison as JSON.
    """
    from ..reports import compare as compared
    from ..reports import print_comparison

    comparison = compared(first, second, output=output)
    if json:
        print_json(comparison.to_dict())
    else:
        print_comparison(comparison)
    return 0
