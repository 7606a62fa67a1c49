"""Train one detector from start to end: data in, one folder out."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import one_of
from ..preprocessing import Preprocessing
from .named_recipes import recipe_named
from .recipe import Recipe
from .settings import TrainingSettings

if TYPE_CHECKING:
    from .data_module import DetectorData
    from .run_record import TrainedRun

AS_USUAL = TrainingSettings()


def train(
    data: str | os.PathLike[str] | DetectorData,
    *,
    output: str | os.PathLike[str],
    recipe: Recipe | None = None,
    seed: int = 0,
    settings: TrainingSettings = AS_USUAL,
    human_maps: str | os.PathLike[str] | None = None,
    weights: str | os.PathLike[str] | None = None,
    preprocessing: Preprocessing | None = None,
    allow_outside: bool = False,
    resume: bool = False,
    overwrite: bool = False,
) -> TrainedRun:
    """Train a detector, keep its best epoch as ``model.pt`` in ``output``, and return what happened.

    On the CPU the same seed and number of threads give the same weights, bit for bit, also where the run was
    interrupted and resumed.

    Parameters
    ----------
    data
        A manifest, a folder, or a :class:`DetectorData`, whose images are then not read again for every run.
    output
        Folder of the run; see ``docs/training.md`` for what is in it.
    recipe
        Everything that decides the result; ``None`` is the recipe "droid".
    seed
        Of the weights, the order of the images, their augmentation and the random numbers within a step.
    settings
        How it is computed, shown and kept.
    human_maps
        Folder of human maps, matched to the images by base name.
    weights
        A checkpoint to start from; its head is replaced.
    preprocessing
        Of the network's input; ``None`` is what the backbone is meant for, at the recipe's size.
    allow_outside
        Take a table's paths that lead out of its folder as well.
    resume
        Go on with the run in ``output``; a finished one is returned as it is, and where there is none one begins.
    overwrite
        Replace the run in ``output``.

    Returns
    -------
    TrainedRun
        With the path of the checkpoint and the figures of every epoch.

    Raises
    ------
    UsageError
        The folder holds a run already, or one that differs from the one to be resumed.
    DataError
        The data lacks labels, splits, classes, or the human maps that the loss needs.
    ModelError
        The architecture is unknown, or has no map to explain.
    NumericalError
        The loss stopped being finite; the best epoch before that is kept.
    EnvironmentFault
        The folder is in use or cannot be written, or a logger is not installed.

    Examples
    --------
    ::

        recipe = Recipe(backbone="torchvision:resnet50", loss="cyborg", epochs=20)
        run = train("faces/manifest.csv", recipe=recipe, output="runs/cyborg-0")
        run.path, run.val_accuracy
    """
    from .assembly import cpu_threads
    from .fitting import Fit
    from .frozen import Request, account_of
    from .opening import open_images
    from .quiet import quiet_lightning
    from .run_folder import opened_run

    started = time.monotonic()
    folder = Path(output)
    request = Request(
        recipe=recipe if recipe is not None else recipe_named("droid"),
        settings=settings,
        seed=seed,
        human_maps=None if human_maps is None else os.fspath(human_maps),
        weights=None if weights is None else os.fspath(weights),
        allow_outside=allow_outside,
        from_python=preprocessing is not None or not isinstance(data, str | os.PathLike),
    )
    _check_backbone(request.recipe.backbone)
    with quiet_lightning(), cpu_threads(settings.threads):
        images = open_images(
            data,
            recipe=request.recipe,
            settings=settings,
            preprocessing=preprocessing,
            seed=seed,
            human_maps=human_maps,
            allow_outside=allow_outside,
        )
        account = account_of(request, images, folder)
        with opened_run(folder, account, resume=resume, overwrite=overwrite) as finished:
            if finished is not None:
                return finished
            return Fit(request, images, folder, account, started).run(resume=resume)


def _check_backbone(backbone: str) -> None:
    """Refuse a word that torchvision does not know before any image is read."""
    from ..models.build import torchvision_names
    from ..models.spec import parse_spec

    spec = parse_spec(backbone)
    if spec.room == "torchvision":
        one_of(spec.name, torchvision_names(), "torchvision architecture")
