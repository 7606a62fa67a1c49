"""The folder of a run: whether a run may be written there, and what is removed for another."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import UsageError
from ..files import held_alone, remove_from, write_text
from .distributed import is_first_process
from .run_record import ACCOUNT, Account, TrainedRun, begun_with, finished_run, write_account

TRAINED = ("last.ckpt", "metrics.csv", "model.pt")  # a lone account is of a run that was refused
FILES = (ACCOUNT, "config.toml", *TRAINED)
FOLDERS = ("maps", "tensorboard", "wandb")


@contextmanager
def opened_run(folder: Path, account: Account, *, resume: bool, overwrite: bool) -> Iterator[TrainedRun | None]:
    """Hold a folder for a run, and give the finished run that it holds where that was to be resumed.

    Of several processes of one run the first writes; the others only look.

    Raises
    ------
    UsageError
        If the folder holds a run and neither ``resume`` nor ``overwrite`` was asked for, or the run to resume
        differs; the first differing field is named.
    EnvironmentFault
        If another process holds the folder, or it cannot be written.
    """
    if not is_first_process():
        yield finished_run(folder) if resume and not overwrite else None
        return
    with held_alone(folder):
        _begin(folder, account, resume=resume, overwrite=overwrite)
        finished = finished_run(folder) if resume and not overwrite else None
        if finished is None:
            write_account(folder, account, {"finished": False})
            write_text(folder / "config.toml", account.config)
        yield finished


def clear(folder: Path) -> None:
    """Remove what a run wrote, its account first, and nothing else."""
    remove_from(folder, files=FILES, folders=FOLDERS)


def _begin(folder: Path, account: Account, *, resume: bool, overwrite: bool) -> None:
    there = [name for name in TRAINED if (folder / name).exists()]
    if not there:
        return
    before = {} if overwrite else begun_with(folder)
    if overwrite or before.get("fast_dev_run"):  # a trial of one batch is in nobody's way
        clear(folder)
    elif not resume:
        raise UsageError(f"{folder} holds a training run: choose another --output, or --resume, or --overwrite")
    elif not before:
        raise UsageError(f"{folder} holds {there[0]} of no run that can be resumed: choose --overwrite")
    else:
        _same(before, json.loads(json.dumps(account.fingerprint)), folder)


def _same(before: Mapping[str, Any], now: Mapping[str, Any], folder: Path) -> None:
    was, is_now = _flat(before), _flat(now)
    for field in {**was, **is_now}:
        if was.get(field) != is_now.get(field):
            raise UsageError(
                f"{folder} cannot be resumed: its {field} was {was.get(field)}, and is now {is_now.get(field)}; "
                "choose another --output, or --overwrite"
            )


def _flat(fingerprint: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a fingerprint, those of its records as ``recipe.lr``."""
    flat: dict[str, Any] = {}
    for field, value in fingerprint.items():
        flat |= {f"{field}.{key}": each for key, each in value.items()} if isinstance(value, dict) else {field: value}
    return flat
