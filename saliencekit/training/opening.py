"""The images of a training run, opened as its recipe and settings say."""

from __future__ import annotations

import os
from dataclasses import fields, replace

from ..errors import UsageError
from ..models import default_preprocessing
from ..preprocessing import Preprocessing
from .augmentation import Augmentation
from .data_module import DetectorData
from .recipe import Recipe
from .settings import TrainingSettings


def open_images(
    data: str | os.PathLike[str] | DetectorData,
    *,
    recipe: Recipe,
    settings: TrainingSettings,
    preprocessing: Preprocessing | None = None,
    seed: int = 0,
    human_maps: str | os.PathLike[str] | None = None,
    allow_outside: bool = False,
) -> DetectorData:
    """Return the images of a run with its batch size, order and augmentation; read, unless processes share them.

    Parameters
    ----------
    data
        What :func:`saliencekit.data.open_data` takes, or images that several runs share.
    recipe
        Size, batch size and augmentation; its loss says whether human maps are needed.
    settings
        Cache, workers, and how much may be unreadable.
    preprocessing
        Of the network's input; ``None`` is what the backbone is meant for, resized as the recipe says.
    seed
        Of order and augmentation.
    human_maps
        Folder of human maps, matched by base name.
    allow_outside
        Take a table's paths that lead out of its folder as well.

    Raises
    ------
    UsageError
        If shared images are asked for with settings that are not theirs.
    DataError
        What :class:`DetectorData` raises, and where the loss needs human maps and no image has one that can be used.
    """
    augmentation = Augmentation(**{field.name: getattr(recipe, field.name) for field in fields(Augmentation)})
    if isinstance(data, DetectorData):
        if preprocessing not in (None, data.preprocessing):
            raise UsageError("`preprocessing` differs from that of the DetectorData: give it there only")
        if human_maps is not None:
            raise UsageError("`human_maps` belongs to the DetectorData: give it there only")
        images = data.for_run(batch_size=recipe.batch_size, seed=seed, augmentation=augmentation)
    else:
        images = DetectorData(
            data,
            preprocessing if preprocessing is not None else recipe_preprocessing(recipe),
            batch_size=recipe.batch_size,
            seed=seed,
            cache=settings.cache,
            workers=settings.workers,
            augmentation=augmentation,
            max_unreadable=settings.max_unreadable,
            human_maps=human_maps,
            allow_outside=allow_outside,
        )
    needed = recipe.build_loss().needs_human_maps and recipe.human_entropy is None
    images.needed_by = recipe.loss if needed else None
    if settings.devices * settings.nodes == 1 and int(os.environ.get("WORLD_SIZE", "1")) == 1:
        images.setup()
    return images


def recipe_preprocessing(recipe: Recipe) -> Preprocessing:
    """Return what the recipe's backbone is meant for, at the recipe's size and resized as it says.

    >>> recipe_preprocessing(Recipe(backbone="torchvision:densenet121", image_size=64)).size
    (64, 64)
    """
    found = default_preprocessing(recipe.backbone)
    size = found.size if recipe.image_size is None else (recipe.image_size, recipe.image_size)
    shorter = None
    if recipe.resize == "crop" and found.resize_to is not None:  # the same margin at another size
        shorter = round(found.resize_to * min(size) / min(found.size))
    if (size, recipe.resize, shorter) == (found.size, found.resize, found.resize_to):
        return found
    source = f"{found.source}, but size and resize from the recipe"
    return replace(found, size=size, resize=recipe.resize, resize_to=shorter, source=source)
