"""What a run says of itself in ``run.json``, before it begins and when it is over."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..data import Failure
from ..errors import InputError
from ..files import write_json
from .recipe import Recipe

SCHEMA = 1
ACCOUNT = "run.json"


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


def conclude(folder: Path, account: Account, run: TrainedRun) -> None:
    """Write what became of a run; a folder whose ``run.json`` says ``finished`` is whole."""
    result = {
        "best_epoch": run.best_epoch,
        "val_accuracy": run.val_accuracy,
        "history": list(run.history),
        "skipped": [[failure.image, failure.reason] for failure in run.skipped],
        "duration_s": run.duration_s,
    }
    state = {"finished": True, "seed": run.seed, "recipe": run.recipe.to_dict(), "result": result}
    write_account(folder, account, state)


def finished_run(folder: Path) -> TrainedRun | None:
    """Return the run in a folder if it is finished, else None.

    Raises
    ------
    InputError
        If its ``run.json`` cannot be read.
    """
    path = folder / ACCOUNT
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


def begun_with(folder: Path) -> dict[str, Any]:
    """Return the fingerprint of the run that a folder holds; empty where it holds none."""
    path = folder / ACCOUNT
    found: dict[str, Any] = _read(path).get("fingerprint", {}) if path.is_file() else {}
    return found


def write_account(folder: Path, account: Account, state: Mapping[str, Any]) -> None:
    """Write ``run.json``: what the run said before it began, and how far it is."""
    plain = {"schema_version": SCHEMA, **account.about, "fingerprint": dict(account.fingerprint), **state}
    write_json(folder / ACCOUNT, plain)


def _read(path: Path) -> dict[str, Any]:
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read: {error}; delete it and choose --overwrite") from error
    if not isinstance(plain, dict):
        raise InputError(f"{path} is not the account of a training run: delete it and choose --overwrite")
    return plain
