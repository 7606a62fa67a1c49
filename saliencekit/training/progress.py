"""How far a run is: a bar on a terminal, a line an epoch anywhere else; both on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer

from .module import DetectorModule

FIGURES = (
    ("train/loss", "loss", "{:.4f}"),
    ("val/accuracy", "accuracy", "{:.3f}"),
    ("val/auroc", "AUROC", "{:.3f}"),
)
ENTROPY = (("val/map_entropy", ""), ("train/map_entropy", " in training"))
LINES = (("map_entropy/maximum", "of"), ("map_entropy/human", "human"))


def in_words(figures: Mapping[str, float]) -> str:
    """Return an epoch's figures in one line; those that it lacks are left out.

    >>> in_words({"train/loss": 0.5, "val/accuracy": 0.75, "val/map_entropy": 3.1, "map_entropy/maximum": 3.892})
    'loss 0.5000  accuracy 0.750  map entropy 3.10 (of 3.89)'
    """
    words = [f"{word} {shown.format(figures[name])}" for name, word, shown in FIGURES if name in figures]
    lines = ", ".join(f"{word} {figures[name]:.2f}" for name, word in LINES if name in figures)
    for name, where in ENTROPY:
        if name in figures:
            words.append(f"map entropy{where} {figures[name]:.2f}" + (f" ({lines})" if lines else ""))
            break
    if "train/images_per_second" in figures:
        words.append(f"{figures['train/images_per_second']:.0f} images/s")
    return "  ".join(words)


class EpochLines(Callback):
    """A line an epoch.

    Parameters
    ----------
    title
        What is trained.
    """

    def __init__(self, title: str) -> None:
        self.title = "".join(each if each.isprintable() else repr(each)[1:-1] for each in title)
        self._told = 0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Leave out the epochs that an earlier part of the run has shown."""
        self._told = len(_history(pl_module))

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Show the epoch before: the module closes an epoch after the callbacks."""
        self._tell(trainer, pl_module)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Show the last epoch."""
        self._tell(trainer, pl_module)

    def say(self, line: str) -> None:
        """Write a line."""
        print(line, file=sys.stderr, flush=True)

    def _tell(self, trainer: Trainer, module: LightningModule) -> None:
        new = _history(module)[self._told :]
        for figures in new if trainer.is_global_zero else []:
            self.say(f"{self.title}: epoch {int(figures['epoch']) + 1} of {trainer.max_epochs}  {in_words(figures)}")
        self._told += len(new)


class EpochBar(EpochLines):
    """The same lines above a bar that moves with every batch; nothing of it waits for the device."""

    def __init__(self, title: str) -> None:
        super().__init__(title)
        self._bar: Any = None
        self._task: Any = None
        self._since = 0.0
        self._images = 0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Draw the bar."""
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        super().on_train_start(trainer, pl_module)
        if trainer.is_global_zero:
            columns = (
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[rate]}"),
                TimeRemainingColumn(),
            )
            self._bar = Progress(*columns, console=Console(stderr=True))
            self._bar.start()
            total = int(trainer.num_training_batches) * (trainer.max_epochs or 1)
            self._task = self._bar.add_task(self.title, total=total, rate="")
        self._since, self._images = time.monotonic(), 0

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Show the epoch before, and begin to count images again."""
        super().on_train_epoch_start(trainer, pl_module)
        self._since, self._images = time.monotonic(), 0

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Move the bar."""
        if self._bar is None:
            return
        self._images += len(batch.labels) * trainer.world_size
        pace = self._images / max(time.monotonic() - self._since, 1e-9)
        done = trainer.current_epoch * int(trainer.num_training_batches) + batch_idx + 1
        title = f"{self.title}: epoch {trainer.current_epoch + 1} of {trainer.max_epochs}"
        self._bar.update(self._task, completed=done, description=title, rate=f"{pace:.0f} images/s")

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Show the last epoch, and leave the bar as it is."""
        super().on_train_end(trainer, pl_module)
        self._stop()

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        """Give the terminal back."""
        self._stop()

    def say(self, line: str) -> None:
        """Write a line above the bar."""
        if self._bar is not None:
            self._bar.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def _stop(self) -> None:
        bar, self._bar = self._bar, None
        if bar is not None:
            bar.stop()


def shown_progress(title: str) -> EpochLines:
    """Return what shows progress where stderr leads."""
    return EpochBar(title) if sys.stderr.isatty() else EpochLines(title)


def _history(module: LightningModule) -> list[dict[str, float]]:
    return module.history if isinstance(module, DetectorModule) else []
