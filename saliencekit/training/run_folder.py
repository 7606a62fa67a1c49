"""The folder of a run: whether a run may be written there, and what it says of itself."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..data import Failure
from ..errors import EnvironmentFault, InputError, UsageError
from ..files import held_alone, write_json, write_text
from .distributed import is_first_process
from .recipe import Recipe

SCHEMA = 1
TRAINED = ("last.ckpt", "metrics.csv", "model.pt")  # a lone account is of a run that was refused
FILES = ("run.json", "config.toml", *TRAINED)
FOLDERS = ("maps", "tensorboard", "wandb")


@dataclass(frozen=True)
class TrainedRun:
    """A finished training run.

    Parameters
    ----------
    path
        The checkpoint, with the weights of ``best_epoch``.
    recipe
        What was asked for.
    seed
        Of the weights and the order.
    best_epoch
        The epoch that was kept, counted from 0: the one with the highest validation accuracy, the later of
        equal ones, unless the settings name another figure.
    val_accuracy
        Of that epoch, in [0, 1]; None where it had no validation.
    history
        One record an epoch: ``epoch`` and the figures that :class:`DetectorModule` names.
    skipped
        Images and human maps that could not be used, and why.
    duration_s
        Seconds, of the last call where a run was resumed.
    """

    path: Path
    recipe: Recipe
    seed: int
    best_epoch: int
    val_accuracy: float | None
    history: tuple[dict[str, float], ...]
    skipped: tuple[Failure, ...]
    duration_s: float


@dataclass(frozen=True)
class Account:
    """What a run says of itself before it begins.

    Parameters
    ----------
    fingerprint
        What must be equal for a run to be resumed.
    about
        Further entries of ``run.json``.
    config
        Content of ``config.toml``.
    """

    fingerprint: Mapping[str, Any]
    about: Mapping[str, Any]
    config: str


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
            _write(folder, account, {"finished": False})
            write_text(folder / "config.toml", account.config)
        yield finished


def conclude(folder: Path, account: Account, run: TrainedRun) -> None:
    """Write what became of a run; a folder whose ``run.json`` says ``finished`` is whole."""
    result = {
        "best_epoch": run.best_epoch,
        "val_accuracy": run.val_accuracy,
        "history": list(run.history),
        "skipped": [[failure.image, failure.reason] for failure in run.skipped],
        "duration_s": run.duration_s,
    }
    _write(folder, account, {"finished": True, "seed": run.seed, "recipe": run.recipe.to_dict(), "result": result})


def finished_run(folder: Path) -> TrainedRun | None:
    """Return the run in a folder if it is finished, else None.

    Raises
    ------
    InputError
        If its ``run.json`` cannot be read.
    """
    path = folder / "run.json"
    if not path.is_file():
        return None
    plain = _read(path)
    if not plain.get("finished") or not (folder / "model.pt").is_file():
        return None
    try:
        result = plain["result"]
        return TrainedRun(
            path=folder / "model.pt",
            recipe=Recipe(**plain["recipe"]),
            seed=plain["seed"],
            best_epoch=result["best_epoch"],
            val_accuracy=result["val_accuracy"],
            history=tuple(result["history"]),
            skipped=tuple(Failure(image, reason) for image, reason in result["skipped"]),
            duration_s=result["duration_s"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path} is not the account of a training run: choose --overwrite") from error


def clear(folder: Path) -> None:
    """Remove what a run wrote, its account first, and nothing else."""
    try:
        for name in FILES:
            (folder / name).unlink(missing_ok=True)
        for name in FOLDERS:
            if (folder / name).is_dir():
                shutil.rmtree(folder / name)
    except OSError as error:
        raise EnvironmentFault(f"cannot empty {folder}: {error.strerror}") from error


def _begin(folder: Path, account: Account, *, resume: bool, overwrite: bool) -> None:
    there = [name for name in TRAINED if (folder / name).exists()]
    if not there:
        return
    account_file = folder / "run.json"
    before = {} if overwrite or not account_file.is_file() else _read(account_file).get("fingerprint", {})
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


def _write(folder: Path, account: Account, state: Mapping[str, Any]) -> None:
    plain = {"schema_version": SCHEMA, **account.about, "fingerprint": dict(account.fingerprint), **state}
    write_json(folder / "run.json", plain)


def _read(path: Path) -> dict[str, Any]:
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read: {error}; delete it and choose --overwrite") from error
    if not isinstance(plain, dict):
        raise InputError(f"{path} is not the account of a training run: delete it and choose --overwrite")
    return plain
