"""The files of a sweep's table: a row a run as CSV, and everything as JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..files import write_json, written_whole
from .comparing import Paired, Spread
from .metrics import METRICS
from .outcome import Outcome
from .table import SCHEMA_VERSION, Agreement, LossRow, SweepTable

TABLE, ROWS = "sweep.json", "sweep.csv"


def write_table(folder: Path, table: SweepTable, account: Mapping[str, Any]) -> None:
    """Write ``sweep.csv`` and ``sweep.json`` into the sweep's folder.

    Parameters
    ----------
    folder
        The sweep's folder.
    table
        What it found.
    account
        What the sweep was asked for, as plain values.
    """
    import csv

    groups = table.groups
    head = ["loss", "seed", "status", "folder", *METRICS]
    head += [f"{key}/{group}" for group in groups for key in METRICS if key != "map_entropy"]
    with written_whole(folder / ROWS) as temporary, temporary.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, [*head, "reason"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(_row(run) for run in table.runs)
    write_json(folder / TABLE, {**table.to_dict(), "sweep": dict(account)})


def read_table(folder: str | os.PathLike[str]) -> tuple[SweepTable, dict[str, Any]]:
    """Return the table of a sweep's folder, and what the sweep was asked for.

    Raises
    ------
    InputError
        If the folder holds no table of a sweep, or one of a newer saliencekit.
    """
    path = Path(folder) / TABLE
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        version = int(content["schema_version"])
        if version > SCHEMA_VERSION:
            raise InputError(
                f"{path} has schema {version}, and this saliencekit reads up to {SCHEMA_VERSION}: update it"
            )
        rows = tuple(_loss_row(loss, entry) for loss, entry in content["losses"].items())
        runs = tuple(Outcome(**run) for run in content["runs"])
        return SweepTable(content["baseline"], rows, runs), dict(content["sweep"])
    except FileNotFoundError as error:
        raise InputError(f"{folder} holds no finished sweep (no {TABLE})") from error
    except (OSError, KeyError, TypeError, AttributeError, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not the table of a sweep: {error}") from error


def _row(run: Outcome) -> dict[str, Any]:
    row: dict[str, Any] = {"loss": run.loss, "seed": run.seed, "status": run.status, "folder": run.folder}
    row |= run.figures
    row |= {f"{key}/{group}": value for group, own in run.groups.items() for key, value in own.items()}
    return row | {"reason": run.reason or ""}


def _loss_row(loss: str, entry: Mapping[str, Any]) -> LossRow:
    return LossRow(
        loss=loss,
        finished=entry["finished"],
        figures=_spreads(entry["figures"]),
        groups={group: _spreads(own) for group, own in entry["groups"].items()},
        against={key: Paired(**each) for key, each in entry["against"].items()},
        stability=None if entry["stability"] is None else Agreement(**entry["stability"]),
    )


def _spreads(entries: Mapping[str, Mapping[str, Any]]) -> dict[str, Spread]:
    return {key: Spread(**each) for key, each in entries.items()}
