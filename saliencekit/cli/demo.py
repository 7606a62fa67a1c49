"""``saliencekit demo``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ._app import app


@app.command
def demo(folder: Path = Path("demo"), *, overwrite: Annotated[bool, Parameter(negative=())] = False) -> int:
    """Build the embedded faces, train two families of detectors, audit and compare them.

    Parameters
    ----------
    folder
        Where everything goes.
    overwrite
        Begin anew where the folder holds a finished demo.
    """
    from ..demo import run_demo

    run_demo(folder, overwrite=overwrite)
    return 0
