"""Train one detector from start to end: data in, one checkpoint out."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..data import Failure
from ..errors import DataError
from ..preprocessing import Preprocessing
from .recipe import RECIPES, Recipe

if TYPE_CHECKING:
    from .assembly import Precision
    from .data_module import DetectorData

SMALL_CNN = "saliencekit:small-cnn"


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
        The epoch with the highest validation accuracy, the later of equal ones; counted from 0.
    val_accuracy
        Of that epoch, in [0, 1].
    history
        One record an epoch: ``epoch`` and the figures that :class:`DetectorModule` names.
    skipped
        Images and human maps that could not be used, and why.
    duration_s
        Seconds.
    """

    path: Path
    recipe: Recipe
    seed: int
    best_epoch: int
    val_accuracy: float
    history: tuple[dict[str, float], ...]
    skipped: tuple[Failure, ...]
    duration_s: float


def train(
    data: str | os.PathLike[str] | DetectorData,
    *,
    output: str | os.PathLike[str],
    recipe: Recipe | None = None,
    arch: str = SMALL_CNN,
    preprocessing: Preprocessing | None = None,
    seed: int = 0,
    device: str = "auto",
    precision: Precision = "32",
    threads: int | None = None,
) -> TrainedRun:
    """Train a detector, keep its best epoch as ``model.pt`` in ``output``, and return what happened.

    On the CPU the same seed and number of threads give the same weights, bit for bit.

    Parameters
    ----------
    data
        A manifest, a folder, or a :class:`DetectorData`, whose images are then not read again for every run.
    output
        Folder of the run; an earlier ``model.pt`` in it is replaced once an epoch is done.
    recipe
        Loss, optimiser and length; ``None`` is the recipe "droid".
    arch
        What :func:`saliencekit.models.build_model` takes; the weights are drawn from ``seed``.
    preprocessing
        Of the network's input; ``None`` is what the architecture is meant for.
    seed
        Of the weights, the order of the images and the random numbers within a step.
    device
        ``"auto"``, or a word of Lightning's accelerators.
    precision
        ``"32"``, ``"bf16-mixed"`` or ``"16-mixed"``.
    threads
        Of the CPU; ``None`` is what torch uses. A small network is as fast with 1, and then the weights do not
        depend on how many cores a machine has.

    Returns
    -------
    TrainedRun
        With the path of the checkpoint and the figures of every epoch.

    Raises
    ------
    DataError
        The data lacks labels, splits, classes, or the human maps that the loss needs.
    ModelError
        The architecture is unknown, or has no map to explain.
    NumericalError
        The loss stopped being finite; the best epoch before that is kept.
    EnvironmentFault
        The checkpoint cannot be written.

    Examples
    --------
    ::

        run = train("faces/manifest.csv", recipe=Recipe(loss="cyborg", epochs=20), output="runs/cyborg-0")
        run.path, run.val_accuracy
    """
    from ..models import model_info
    from .assembly import build_trainer, cpu_threads, fresh_module, open_images, recorded_source
    from .keeping import Destination, KeepBest
    from .quiet import quiet_lightning

    started = time.monotonic()
    recipe = recipe if recipe is not None else RECIPES["droid"]
    path = Path(output) / "model.pt"
    with quiet_lightning(), cpu_threads(threads):
        images = open_images(data, arch=arch, preprocessing=preprocessing, recipe=recipe, seed=seed)
        module = fresh_module(images, arch=arch, recipe=recipe, seed=seed)
        destination = Destination(
            path=path,
            arch=model_info(module.model).arch or arch,
            classes=images.collection.classes,
            preprocessing=images.preprocessing,
            data=recorded_source(images.collection.source, path.parent),
            record={"recipe": recipe.to_dict(), "seed": seed, "images": images.counts, "skipped": len(images.skipped)},
        )
        keeper = KeepBest(destination)
        build_trainer(recipe, keeper, device=device, precision=precision).fit(module, images)
    best = keeper.best
    if best is None:
        raise DataError(f"no epoch over {images.collection.source} was completed")
    return TrainedRun(
        path=path,
        recipe=recipe,
        seed=seed,
        best_epoch=int(best["epoch"]),
        val_accuracy=best["val/accuracy"],
        history=tuple(module.history),
        skipped=images.skipped,
        duration_s=time.monotonic() - started,
    )
