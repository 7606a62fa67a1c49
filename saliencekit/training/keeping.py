"""The best epoch so far, on disk as a checkpoint that the rest of the package reads."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint
from torch import Tensor, nn

from ..models import save_model
from ..preprocessing import Preprocessing
from .figures import higher_is_better, known_figure
from .module import DetectorModule


@dataclass(frozen=True)
class Destination:
    """Where the checkpoint goes, and what it records beside the weights."""

    path: Path
    arch: str
    classes: tuple[str, ...]
    preprocessing: Preprocessing
    data: str | None
    record: dict[str, Any]


class KeepBest(Checkpoint):
    """Keeps the epoch with the best figure, the validation accuracy if nothing else is said; of equal ones, the later.

    Epochs before the loss of the recipe is on (``warm_epochs``) count only while there are no others, and epochs
    without a validation do not count where the figure is one of validation. The file is written whole at every
    improvement, so that a killed run leaves the best epoch it had (``finished`` is false in its training record),
    and once more at the end with the whole history.

    Parameters
    ----------
    destination
        Where the checkpoint goes.
    keep
        Any figure of the history; higher is better, but for losses and entropies.
    """

    def __init__(self, destination: Destination, *, keep: str = "val/accuracy") -> None:
        self.destination = destination
        self.keep = keep
        self.best: dict[str, float] | None = None
        self._weights: dict[str, Tensor] = {}

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write the checkpoint if no earlier epoch was better."""
        if not isinstance(pl_module, DetectorModule):
            return
        latest = pl_module.history[-1]
        validated = any(name.startswith("val/") for name in latest)
        if self.keep.startswith("val/") and not validated:
            return
        known_figure(self.keep, latest)
        if self.best is None or self._rank(latest, pl_module) >= self._rank(self.best, pl_module):
            self.best = latest
            if trainer.is_global_zero:
                self._weights = {
                    name: value.detach().to("cpu", copy=True, memory_format=torch.contiguous_format)
                    for name, value in pl_module.model.state_dict().items()
                }
                self._write(pl_module, finished=False)

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write the best epoch again, with the history of all of them."""
        if isinstance(pl_module, DetectorModule) and trainer.is_global_zero:
            self._write(pl_module, finished=True)

    def state_dict(self) -> dict[str, Any]:
        """Return the best epoch so far, for a run that goes on."""
        return {"best": self.best, "weights": self._weights}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on with the best epoch so far."""
        self.best, self._weights = state["best"], dict(state["weights"])

    def _rank(self, figures: dict[str, float], module: DetectorModule) -> tuple[bool, float]:
        value = known_figure(self.keep, figures)
        return figures["epoch"] >= module.recipe.warm_epochs, value if higher_is_better(self.keep) else -value

    def _write(self, module: DetectorModule, *, finished: bool) -> None:
        if self.best is None:
            return
        goal = self.destination
        record = goal.record | {
            "finished": finished,
            "kept_by": self.keep,
            "best_epoch": self.best["epoch"],
            "best_val_accuracy": self.best.get("val/accuracy"),
            "history": module.history,
        }
        save_model(
            _copied(module.model, self._weights),
            goal.path,
            arch=goal.arch,
            classes=goal.classes,
            preprocessing=goal.preprocessing,
            data=goal.data,
            training=record,
        )


def _copied(model: nn.Module, weights: dict[str, Tensor]) -> nn.Module:
    """Return a copy of ``model`` on the CPU with other weights; nothing is allocated on the model's device."""
    memo: dict[int, Tensor] = {}
    for name, parameter in model.named_parameters(remove_duplicate=False):
        memo.setdefault(id(parameter), nn.Parameter(weights[name], requires_grad=parameter.requires_grad))
    for name, buffer in model.named_buffers(remove_duplicate=False):
        memo.setdefault(id(buffer), weights.get(name, buffer.detach().cpu()))
    return copy.deepcopy(model, memo)
