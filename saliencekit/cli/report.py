"""``saliencekit report``."""

from __future__ import annotations

from pathlib import Path

from ._app import app


@app.command
def report(audit: Path) -> int:
    """Draw the report of a finished audit again, from its records.

    Parameters
    ----------
    audit
        Folder of the audit.
    """
    from ..auditing import load_audit
    from ..reports import write_report

    print(write_report(load_audit(audit)))
    return 0
