"""A finished evaluation: its figures and the table of scores behind them."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError, UsageError
from ..files import remove_from

if TYPE_CHECKING:
    import pandas as pd

SCHEMA_VERSION = 1
SUMMARY, SCORES, VALIDATION, FIGURE = "evaluation.json", "scores.csv", "validation.csv", "roc.svg"
FILES = (SUMMARY, SCORES, VALIDATION, FIGURE)


@dataclass(frozen=True)
class Evaluation:
    """One finished evaluation.

    Parameters
    ----------
    folder
        Where it lies: ``evaluation.json``, ``scores.csv``, ``validation.csv`` where the threshold came from a split,
        and ``roc.svg``.
    summary
        The content of ``evaluation.json``; ``summary["pooled"]["auroc"]["value"]`` and so on.
    """

    folder: Path
    summary: dict[str, Any]

    @cached_property
    def scores(self) -> pd.DataFrame:
        """Read ``scores.csv``, a row an image: its label and group, both scores, what was predicted, the entropy."""
        from .table import read_table

        path = self.folder / SCORES
        if not path.is_file():
            raise InputError(f"{self.folder} lacks {SCORES}: it is no whole evaluation, run it again")
        return read_table(path)


def load_evaluation(folder: str | os.PathLike[str]) -> Evaluation:
    """Read a finished evaluation from its folder.

    Raises
    ------
    InputError
        If the folder holds no finished evaluation, or one written by a newer saliencekit.
    """
    folder = Path(folder)
    path = folder / SUMMARY
    if not path.is_file():
        raise InputError(f"{folder} holds no finished evaluation (no {SUMMARY})")
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
        version = int(summary["schema_version"])
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is not the summary of an evaluation: {error}") from error
    if version > SCHEMA_VERSION:
        raise InputError(f"{path} has schema {version}, and this saliencekit reads up to {SCHEMA_VERSION}: update it")
    return Evaluation(folder, summary)


def refuse_finished(folder: Path, *, overwrite: bool) -> None:
    """Raise :class:`UsageError` if a folder holds files of an evaluation, unless they may be replaced."""
    there = [name for name in FILES if (folder / name).exists()]
    if there and not overwrite:
        raise UsageError(f"{folder} holds {there[0]} of an evaluation: choose another --output, or --overwrite")


def clear(folder: Path) -> None:
    """Remove what an evaluation wrote, or began to write and was killed at, the summary first, and nothing else."""
    begun = (path.name for name in FILES for path in folder.glob(f".{name}.*.tmp"))
    remove_from(folder, files=(*FILES, *begun), folders=())
