"""The parts of one training run, made from what was asked for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import torch
from lightning.pytorch import Callback, Trainer

from ..errors import DataError, UsageError
from ..models import build_model, default_preprocessing
from ..preprocessing import Preprocessing
from .data_module import DetectorData
from .module import DetectorModule
from .recipe import Recipe

Precision = Literal["32", "bf16-mixed", "16-mixed"]


def open_images(
    data: str | os.PathLike[str] | DetectorData,
    *,
    arch: str,
    preprocessing: Preprocessing | None,
    recipe: Recipe,
    seed: int,
) -> DetectorData:
    """Return the images of a run, read, with the run's batch size and order.

    Raises
    ------
    DataError
        What :class:`DetectorData` raises, and where the loss needs human maps that no image has.
    """
    if isinstance(data, DetectorData):
        if preprocessing not in (None, data.preprocessing):
            raise UsageError("`preprocessing` differs from that of the DetectorData: give it there only")
        images = data.for_run(batch_size=recipe.batch_size, seed=seed)
    else:
        chosen = preprocessing if preprocessing is not None else default_preprocessing(arch)
        images = DetectorData(data, chosen, batch_size=recipe.batch_size, seed=seed)
    needed = recipe.build_loss().needs_human_maps and recipe.human_entropy is None
    if needed and not images.split("train").examples.has_map.any():
        raise DataError(
            f"the loss {recipe.loss!r} needs human maps, and no training image of "
            f"{images.collection.source} has one that can be used"
        )
    return images


def fresh_module(images: DetectorData, *, arch: str, recipe: Recipe, seed: int) -> DetectorModule:
    """Return a module whose weights are drawn from ``seed``; torch's global generator is seeded."""
    classes = len(images.collection.classes)
    if recipe.one_logit and classes != 2:
        raise UsageError(f"one logit tells two classes apart, and {images.collection.source} has {classes}")
    channels = images.preprocessing.channels
    usual = default_preprocessing(arch).channels
    torch.manual_seed(seed)
    model = build_model(
        arch,
        num_classes=1 if recipe.one_logit else classes,
        in_channels=None if channels == usual else channels,
    )
    model.to(memory_format=torch.channels_last)  # a third faster on a CPU, and what tensor cores take
    model.train()  # Lightning trains a network in the mode that it is given
    return DetectorModule(model, recipe.build_loss(), recipe=recipe, seed=seed, identities=images.identities)


def build_trainer(recipe: Recipe, callback: Callback, *, device: str, precision: Precision) -> Trainer:
    """Return Lightning's Trainer for one process, without its remarks and its own files."""
    return Trainer(
        max_epochs=recipe.epochs,
        accelerator=device,
        devices=1,
        precision=precision,
        callbacks=[callback],
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
    )


@contextmanager
def cpu_threads(number: int | None) -> Iterator[None]:
    """Compute with so many threads on the CPU, and with as many as before afterwards; ``None`` changes nothing.

    >>> with cpu_threads(1):
    ...     torch.get_num_threads()
    1
    """
    before = torch.get_num_threads()
    torch.set_num_threads(before if number is None else number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def recorded_source(source: str, folder: Path) -> str:
    """Return how a checkpoint in ``folder`` names its data: relative where both lie in one small tree.

    >>> recorded_source("/data/demo/faces/manifest.csv", Path("/data/demo/runs/droid-0"))
    '../../faces/manifest.csv'
    >>> recorded_source("/data/faces", Path("/home/me/runs"))
    '/data/faces'
    """
    whole, start = os.path.abspath(source), os.path.abspath(folder)
    common = os.path.commonpath([whole, start])
    near = len(Path(start).relative_to(common).parts) <= 3 and len(Path(common).parts) > 2
    return Path(os.path.relpath(whole, start)).as_posix() if near else whole
