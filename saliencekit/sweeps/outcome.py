"""What became of one run of a sweep, read from its folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..errors import InputError
from ..files import sha256
from .metrics import METRICS

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

EVALUATION = Path("evaluation") / "evaluation.json"
UNREADABLE = "more images of its evaluation could not be read than --max-unreadable allows"


@dataclass(frozen=True)
class Outcome:
    """One run.

    Parameters
    ----------
    loss, seed
        Which run it is.
    folder
        Where it lies, relative to the sweep's folder.
    status
        ``"finished"`` (trained and evaluated), ``"failed"``, or ``"missing"`` (not run yet).
    reason
        Why it failed, in a sentence.
    figures
        By the keys of :data:`METRICS`; what is not defined is not there.
    groups
        The same by group (generator), each against all images of the other class.
    """

    loss: str
    seed: int
    folder: str
    status: Literal["finished", "failed", "missing"]
    reason: str | None = None
    figures: Mapping[str, float] = field(default_factory=dict)
    groups: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


def run_folder(sweep: Path, loss: str, seed: int) -> Path:
    """Return where a run lies.

    >>> run_folder(Path("sweep"), "cyborg", 3).as_posix()
    'sweep/cyborg/seed-3'
    """
    return sweep / loss / f"seed-{seed}"


def is_finished(folder: Path) -> bool:
    """Return whether a run is trained and evaluated whole: this very model, and not one that it has replaced."""
    return _is_evaluated(folder) and bool(read_evaluation(folder).get("complete", True))


def read_outcome(sweep: Path, loss: str, seed: int, *, failure: str | None = None) -> Outcome:
    """Return what became of a run.

    Parameters
    ----------
    sweep
        The sweep's folder.
    loss, seed
        Which run.
    failure
        Why it failed just now, in a sentence.

    Raises
    ------
    InputError
        If the run's evaluation cannot be read.
    """
    folder = run_folder(sweep, loss, seed)
    name = folder.relative_to(sweep).as_posix()
    if failure is not None:
        return Outcome(loss, seed, name, "failed", failure)
    if not _is_evaluated(folder):
        return Outcome(loss, seed, name, "missing", "not trained and evaluated yet")
    summary = read_evaluation(folder)
    if not summary.get("complete", True):
        return Outcome(loss, seed, name, "failed", UNREADABLE)
    groups = {str(group): _figures(entry) for group, entry in summary.get("groups", {}).items()}
    pooled = {**summary["pooled"], "map_entropy": summary.get("entropy")}
    return Outcome(loss, seed, name, "finished", None, _figures(pooled), groups)


def read_evaluation(folder: Path) -> dict[str, Any]:
    """Return the summary of a run's evaluation.

    Raises
    ------
    InputError
        If it is no such summary.
    """
    path = folder / EVALUATION
    try:
        summary: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        summary["pooled"].items()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path} is not the summary of an evaluation: delete {path.parent} and sweep again") from error
    return summary


def read_epochs(folder: Path) -> pd.DataFrame:
    """Return the figures of every epoch of a run, a row an epoch; no rows where there are none."""
    import pandas as pd

    path = folder / "metrics.csv"
    try:
        return pd.read_csv(path)
    except FileNotFoundError:
        return pd.DataFrame({"epoch": []})
    except (OSError, ValueError) as error:  # pandas' errors are these
        raise InputError(f"{path} cannot be read: {error}") from error


def read_roc(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return false and true positive rates of a run's ROC curve, both rising; empty where it has none."""
    import numpy as np

    roc = read_evaluation(folder).get("roc") or {"fpr": [], "tpr": []}
    return np.asarray(roc["fpr"], dtype=float), np.asarray(roc["tpr"], dtype=float)


def _is_evaluated(folder: Path) -> bool:
    """Return whether there is a summary, which is an evaluation's last file, of the model that is there now."""
    model = folder / "model.pt"
    if not (folder / EVALUATION).is_file() or not model.is_file():
        return False
    evaluated = (read_evaluation(folder).get("model") or {}).get("sha256")
    return evaluated is None or evaluated == sha256(model)


def _figures(entry: Mapping[str, Any]) -> dict[str, float]:
    values = {key: (entry.get(key) or {}).get("value") for key in METRICS}
    return {key: float(value) for key, value in values.items() if value is not None}
