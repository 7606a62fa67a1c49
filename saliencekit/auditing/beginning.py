"""An output folder before an audit: new, emptied, or one whose audit goes on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from ..errors import UsageError
from ..files import remove_from, write_json

REPORTS = ("report.html", "report.md", "report.json", "report.csv")
FILES = ("summary.json", "run.json", "maps.npy", "average_maps.parquet", *REPORTS)
FOLDERS = ("parts", "records", "gallery", "figures")


def begin(folder: Path, fingerprint: Mapping[str, Any], *, resume: bool, overwrite: bool) -> None:
    """Prepare an output folder: new, emptied, or to be resumed by an audit of the same fingerprint.

    Raises
    ------
    UsageError
        If the folder holds an audit and neither ``resume`` nor ``overwrite`` was asked for, or if the
        audit to resume was of something else; the first differing field is named.
    """
    state = folder / "parts" / "fingerprint.json"
    begun = any((folder / "parts").glob("[0-9]*/[0-9]*"))  # a lone fingerprint is of an audit that was refused
    audited = begun or (folder / "run.json").is_file() or (folder / "summary.json").is_file()
    if audited and overwrite:
        clear(folder)
    elif audited and resume:
        return _same(_before(folder, state), fingerprint, folder)
    elif audited:
        raise UsageError(f"{folder} holds an audit already: choose another --output, or --resume, or --overwrite")
    elif foreign := [name for name in FOLDERS[1:] if (folder / name).exists()]:
        raise UsageError(f"{folder} holds {', '.join(foreign)} of something else: choose another --output")
    return write_json(state, dict(fingerprint))


def clear(folder: Path) -> None:
    """Remove what an audit wrote, the summary first, and nothing else."""
    remove_from(folder, files=FILES, folders=FOLDERS)


def _before(folder: Path, state: Path) -> Mapping[str, Any]:
    """Return the fingerprint of the audit that a folder holds, finished or not."""
    finished = folder / "run.json"
    try:
        if state.is_file():
            return cast("Mapping[str, Any]", json.loads(state.read_text(encoding="utf-8")))
        return cast("Mapping[str, Any]", json.loads(finished.read_text(encoding="utf-8"))["fingerprint"])
    except (OSError, ValueError, KeyError) as error:
        raise UsageError(f"{folder} holds no audit that can be resumed: choose --overwrite") from error


def _same(before: Mapping[str, Any], now: Mapping[str, Any], folder: Path) -> None:
    for name in {**before, **now}:
        if before.get(name) != json.loads(json.dumps(now.get(name))):
            raise UsageError(
                f"{folder} cannot be resumed: its {name} was {before.get(name)}, and is now {now.get(name)}"
            )
