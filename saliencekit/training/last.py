"""When `last.ckpt` is written: at the ends of epochs, every so many steps, and when a signal asks for an end."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from signal import SIGINT
from typing import Any, NoReturn

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint
from lightning.pytorch.utilities.exceptions import SIGTERMException

from .distributed import LAUNCHED, agreed
from .stopping import StopSignals


class KeepLast(Checkpoint):
    """Writes `last.ckpt` at the end of every epoch, every so many steps, and when a signal asks the run to stop.

    A run stops where its state is whole: after a step of the optimiser, behind an epoch, or after a batch of
    validation, which is then run again from its beginning. Several processes stop together. It belongs behind
    :class:`KeepBest` in the list of callbacks, since it saves that one's state too.

    Parameters
    ----------
    path
        The checkpoint; replaced as a whole, so that a kill or a full disk leaves the one before.
    every_steps
        Steps of the optimiser between two checkpoints within an epoch; 0 is at the ends of epochs only.
    """

    def __init__(self, path: str | os.PathLike[str], every_steps: int = 0) -> None:
        self.path = Path(path)
        self.every_steps = every_steps
        self._signals = StopSignals()
        self._stage = ""

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Take over the signals, behind Lightning."""
        self._signals.install()
        # :class:`DetectorModule` brings the loader to its batch, which Lightning does not know
        warnings.filterwarnings("ignore", message=".*your dataloader is not resumable.*")

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Save behind a step of the optimiser that is due, or if the run is to stop."""
        done = batch_idx + 1
        if done == trainer.num_training_batches or done % trainer.accumulate_grad_batches:
            return  # the end of the epoch follows, or gradients are pending
        stop = agreed(self._signals.received, pl_module.device)
        if stop or (self.every_steps and trainer.global_step % self.every_steps == 0):
            self._save(trainer, "training")
        if stop:
            _leave(trainer, stop)

    def on_validation_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Save if the run is to stop."""
        stop = 0 if trainer.sanity_checking else agreed(self._signals.received, pl_module.device)
        if stop:
            self._save(trainer, "validation")
            _leave(trainer, stop)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Save."""
        self._save(trainer, "end of epoch")

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Stop between two epochs; what there is was saved at the end of the one before."""
        stop = agreed(self._signals.received, pl_module.device)
        if stop:
            _leave(trainer, stop)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Give the signals back; one that came in the last epoch, behind the last place to stop, counts here."""
        stop = agreed(self._signals.received, pl_module.device)
        self._signals.restore()
        if stop:  # else the runs that follow this one would never hear of it
            _leave(trainer, stop)

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        """Give the signals back."""
        self._signals.restore()

    def on_save_checkpoint(self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]) -> None:
        """Write down where the loops are as if the hook that saves were over."""
        if self._stage:
            _settle(checkpoint["loops"]["fit_loop"], self._stage)

    def _save(self, trainer: Trainer, stage: str) -> None:
        self._stage = stage
        try:
            trainer.save_checkpoint(self.path)
        finally:
            self._stage = ""


def _leave(trainer: Trainer, number: int) -> NoReturn:
    """End the run as the signal would have; the caller has saved what there is."""
    if trainer.strategy.launcher is not None and trainer.local_rank and LAUNCHED not in os.environ:
        raise SystemExit(0)  # Lightning's launcher kills all when a process that it started says otherwise
    if number == SIGINT:
        raise KeyboardInterrupt
    raise SIGTERMException


def _settle(loops: dict[str, Any], stage: str) -> None:
    """Set Lightning's counters to what they are between two hooks.

    They are saved within a hook, where some have been counted up and some not, and what Lightning makes of that
    has changed from release to release. These are the three states that a run is left in; all other counters
    are right as they are.
    """
    batches = loops["epoch_loop.batch_progress"]
    if stage == "end of epoch":
        for each in loops["epoch_progress"].values():
            each["completed"] = each["processed"]
    elif stage == "training":
        for each in (batches["total"], batches["current"]):
            each["completed"] = each["ready"]
        loops["epoch_loop.state_dict"]["_batches_that_stepped"] += 1
    else:  # Lightning begins a validation again that has begun one batch and ended none
        validation = loops["epoch_loop.val_loop.batch_progress"]
        for each in (validation["total"], validation["current"]):
            each.update(ready=1, started=1, processed=0, completed=0)
        validation["is_last_batch"] = False
