"""The folder of a sweep: begun, gone on with, read and drawn again."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError, UsageError
from ..files import write_json
from .outcome import Outcome
from .plan import Plan
from .table import SweepTable
from .writing import read_table

PLAN = "plan.json"


@dataclass(frozen=True)
class Sweep:
    """A sweep in its folder.

    Parameters
    ----------
    folder
        Holds a folder a loss with one a seed in it, ``sweep.csv``, ``sweep.json``, ``sweep.html``, ``figures/``.
    table
        What it found.
    """

    folder: Path
    table: SweepTable

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """The runs that did not come to their end, each with its reason."""
        return self.table.failed


def load_sweep(folder: str | os.PathLike[str]) -> Sweep:
    """Read the table of a sweep from its folder.

    Raises
    ------
    InputError
        If the folder holds none.
    """
    return Sweep(Path(folder), read_table(folder)[0])


def draw_sweep(folder: str | os.PathLike[str]) -> Sweep:
    """Draw the figures and the page of a sweep again, from the files in its folder; nothing is trained.

    Raises
    ------
    InputError
        If the folder holds no table of a sweep, or a run's files cannot be read.
    EnvironmentFault
        If the folder cannot be written.
    """
    from .page import write_page

    table, account = read_table(folder)
    write_page(Path(folder), table, account)
    return Sweep(Path(folder), table)


def begin_sweep(plan: Plan, *, resume: bool) -> None:
    """Note what the folder's runs have in common, or see that a sweep gone on with has the same.

    Raises
    ------
    UsageError
        If the folder holds a sweep, and that was not to be gone on with or is of another recipe: the first field
        that differs is named.
    InputError
        If the folder's ``plan.json`` cannot be read.
    """
    path = plan.folder / PLAN
    asked = json.loads(json.dumps(plan.deciding()))
    if path.is_file():
        if not resume:
            raise UsageError(f"{plan.folder} holds a sweep: choose another --output, or go on with it by --resume")
        for name, value in _kept(path).items():
            if asked.get(name) != value:
                raise UsageError(
                    f"the sweep in {plan.folder} has {name} {value!r}, and now {asked.get(name)!r} is asked for: "
                    "choose another --output"
                )
    write_json(path, asked)


def _kept(path: Path) -> dict[str, object]:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read: {error}; choose another --output") from error
    return kept if isinstance(kept, dict) else {}
