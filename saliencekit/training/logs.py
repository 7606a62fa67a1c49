"""Where the figures of every epoch go: a CSV always, TensorBoard and W&B where they are installed."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint

from ..errors import EnvironmentFault
from ..files import write_text
from .data_module import DetectorData
from .module import DetectorModule
from .settings import TrainingSettings

PACKAGES = {"tensorboard": ("tensorboard", "tensorboardX"), "wandb": ("wandb",)}


class MetricsFile(Checkpoint):
    """Keeps ``metrics.csv``, a row an epoch, written whole from the module's history.

    A resumed run therefore goes on with it, and no epoch is there twice. It is a Checkpoint only so that
    Lightning calls it after the module has closed its epoch.

    Parameters
    ----------
    path
        The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write the epochs so far."""
        if isinstance(pl_module, DetectorModule) and trainer.is_global_zero:
            write_text(self.path, as_csv(pl_module.history))


class Counted(Callback):
    """Adds to a checkpoint's record how many images take part, once they are read."""

    def __init__(self, record: dict[str, Any], data: DetectorData) -> None:
        self.record = record
        self.data = data

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Count."""
        self.record["images"] = self.data.counts
        self.record["skipped"] = len(self.data.skipped)


def as_csv(history: Sequence[Mapping[str, float]]) -> str:
    """Return epochs as CSV; the columns are all figures that any epoch has, and those that one lacks are empty.

    >>> as_csv([{"epoch": 0, "train/loss": 0.5}, {"epoch": 1, "train/loss": 0.25, "val/loss": 1.0}]).splitlines()
    ['epoch,train/loss,val/loss', '0,0.5,', '1,0.25,1.0']
    """
    columns = list(dict.fromkeys(name for epoch in history for name in epoch))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(history)
    return text.getvalue()


def build_loggers(settings: TrainingSettings, folder: Path, *, about: Mapping[str, Any]) -> list[Any]:
    """Return Lightning's loggers that the settings ask for, beside ``metrics.csv``.

    Parameters
    ----------
    settings
        Names them.
    folder
        Of the run; they write there.
    about
        Plain values that describe the run.

    Raises
    ------
    EnvironmentFault
        If one of them is not installed.
    """
    words = list(dict.fromkeys(word for word in settings.loggers if word != "csv"))
    for word in words:
        if not any(find_spec(name) for name in PACKAGES[word]):
            raise EnvironmentFault(f"the logger {word!r} needs the package {word}: pip install {word}")
    return [_tensorboard(folder) if word == "tensorboard" else _wandb(folder, about) for word in words]


def _tensorboard(folder: Path) -> Any:
    from lightning.pytorch.loggers import TensorBoardLogger

    return TensorBoardLogger(folder, name="", version="tensorboard")


def _wandb(folder: Path, about: Mapping[str, Any]) -> Any:
    from lightning.pytorch.loggers import WandbLogger

    return WandbLogger(save_dir=folder, name=folder.name, project="saliencekit", config=dict(about))
