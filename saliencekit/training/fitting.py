"""One run from its first step to its last file, in a folder that is held for it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lightning.pytorch import Callback

from ..errors import DataError
from ..models import model_info
from .assembly import build_trainer, fresh_module, recorded_source
from .data_module import DetectorData
from .frozen import Request
from .keeping import Destination, KeepBest
from .last import KeepLast
from .last_file import resume_point
from .logs import Counted, MetricsFile, build_loggers
from .module import DetectorModule
from .pictures import MapPictures
from .progress import shown_progress
from .run_record import Account, TrainedRun, conclude


@dataclass(frozen=True)
class Fit:
    """A run whose folder is held and whose images are known."""

    request: Request
    images: DetectorData
    folder: Path
    account: Account
    started: float

    def run(self, *, resume: bool) -> TrainedRun:
        """Train, and write down what became of it."""
        recipe, settings = self.request.recipe, self.request.settings
        loggers = build_loggers(settings, self.folder, about=self.account.about)
        start = resume_point(self.folder) if resume else None
        module = fresh_module(
            self.images,
            recipe=recipe,
            settings=settings,
            seed=self.request.seed,
            weights=self.request.weights,
            resumed=None if start is None else start.arch,
        )
        keeper, callbacks = self._callbacks(module)
        trainer = build_trainer(recipe, settings, callbacks=callbacks, loggers=loggers, folder=self.folder)
        if start is None:
            trainer.fit(module, self.images)
        else:
            trainer.fit(module, self.images, ckpt_path=start.path, weights_only=True)
        run = self._outcome(module, keeper)
        if trainer.is_global_zero:
            conclude(self.folder, self.account, run)
        trainer.strategy.barrier()
        return run

    def _callbacks(self, module: DetectorModule) -> tuple[KeepBest, list[Callback]]:
        recipe, settings, folder = self.request.recipe, self.request.settings, self.folder
        record: dict[str, Any] = {"recipe": recipe.to_dict(), "seed": self.request.seed}
        destination = Destination(
            path=folder / "model.pt",
            arch=model_info(module.model).arch or recipe.backbone,
            classes=self.images.collection.classes,
            preprocessing=self.images.preprocessing,
            data=recorded_source(self.images.collection.source, folder),
            record=record,
        )
        keeper = KeepBest(destination, keep=settings.keep)
        callbacks: list[Callback] = [Counted(record, self.images), MetricsFile(folder / "metrics.csv"), keeper]
        if settings.maps_every:
            callbacks.append(MapPictures(folder / "maps", every=settings.maps_every, data=self.images))
        if settings.progress:
            callbacks.append(shown_progress(folder.name))
        return keeper, [*callbacks, KeepLast(folder / "last.ckpt", settings.checkpoint_every)]

    def _outcome(self, module: DetectorModule, keeper: KeepBest) -> TrainedRun:
        best = keeper.best
        if best is None:
            raise DataError(f"no epoch over {self.images.collection.source} was completed and validated")
        return TrainedRun(
            path=self.folder / "model.pt",
            recipe=self.request.recipe,
            seed=self.request.seed,
            best_epoch=int(best["epoch"]),
            val_accuracy=best.get("val/accuracy"),
            history=tuple(module.history),
            skipped=self.images.skipped,
            duration_s=time.monotonic() - self.started,
        )
