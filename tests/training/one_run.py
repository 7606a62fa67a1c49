"""One training run out of its parts, as a function and as a script: ``one_run.py JSON``, with the same words.

The run can end itself by a signal, as ``stop`` says: ``["SIGTERM", "train", 7]`` is before the seventh training
batch, ``val`` and ``epoch`` count batches of validation and ends of epochs.
"""

import json
import os
import signal
import sys
from pathlib import Path

import torch
from lightning.pytorch import Callback

from saliencekit.training.assembly import build_trainer, fresh_module
from saliencekit.training.data_module import DetectorData
from saliencekit.training.keeping import Destination, KeepBest
from saliencekit.training.last import KeepLast
from saliencekit.training.last_file import resume_point
from saliencekit.training.opening import open_images
from saliencekit.training.quiet import quiet_lightning
from saliencekit.training.recipe import Recipe
from saliencekit.training.settings import TrainingSettings

TIMES = ("train/images_per_second",)
RECIPE = {"backbone": "saliencekit:small-cnn?width=2", "image_size": 32, "loss": "droid", "batch_size": 5}


class Stop(Callback):
    def __init__(self, number, where, count):
        self.number, self.where, self.left = getattr(signal, number), where, count

    def _count(self, where):
        self.left -= where == self.where
        if self.left == 0 and where == self.where:
            os.kill(os.getpid(), self.number)

    def on_train_batch_start(self, *_):
        self._count("train")

    def on_validation_batch_start(self, *_):
        self._count("val")

    def on_train_epoch_end(self, *_):
        self._count("epoch")


class InDouble(DetectorData):
    """Two ways of adding up differ by 1e-16 here, which a few dozen steps do not blow up."""

    def on_after_batch_transfer(self, batch, dataloader_idx):
        batch = super().on_after_batch_transfer(batch, dataloader_idx)
        return batch._replace(images=batch.images.double())


def run(
    data, folder, recipe=None, settings=None, *, seed=3, stop=None, resume=False, double=False, report=None, until=None
):
    """Train, and return weights, history and steps; in the first process only."""
    recipe = Recipe(**RECIPE | (recipe or {}))
    settings = TrainingSettings(**{"device": "cpu", "workers": 0} | (settings or {}))
    folder = Path(folder)
    with quiet_lightning():
        images = open_images(data, recipe=recipe, settings=settings, seed=seed)
        module = fresh_module(images, recipe=recipe, settings=settings, seed=seed)
        if double:
            images.__class__ = InDouble
            module.double()
        goal = Destination(
            folder / "model.pt", recipe.backbone, images.collection.classes, images.preprocessing, None, {}
        )
        best = KeepBest(goal, keep=settings.keep)
        stops = [Stop(*stop)] if stop else []
        callbacks = [*stops, best, KeepLast(folder / "last.ckpt", settings.checkpoint_every)]
        trainer = build_trainer(recipe, settings, callbacks=callbacks, folder=folder)
        trainer.fit_loop.max_epochs = until or recipe.epochs
        start = resume_point(folder) if resume else None
        trainer.fit(module, images, ckpt_path=start and start.path)
    found = {
        "weights": {name: value.clone() for name, value in module.model.state_dict().items()},
        "history": [{name: value for name, value in each.items() if name not in TIMES} for each in module.history],
        "best": best.best["epoch"] if best.best is not None else None,
        "steps": trainer.global_step,
    }
    if report is not None and trainer.is_global_zero:
        torch.save(found, report)
    return found


if __name__ == "__main__":
    torch.set_num_threads(1)
    run(**json.loads(sys.argv[1]))
