"""The parts of one training run, made from what was asked for."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch import Callback, Trainer
from lightning.pytorch.accelerators import AcceleratorRegistry
from torch import nn

from ..errors import EnvironmentFault, UsageError, one_of
from ..models import build_model, default_preprocessing
from ..models.foreign import first_line, said_in_one_sentence
from .batch_norm import SharedStatistics
from .distributed import layout
from .explainer import explainer
from .last_file import WholeFiles
from .module import DetectorModule
from .recipe import Recipe
from .settings import TrainingSettings
from .start_weights import network_from, published_file

if TYPE_CHECKING:
    from .data_module import DetectorData


def fresh_module(
    images: DetectorData,
    *,
    recipe: Recipe,
    settings: TrainingSettings,
    seed: int,
    weights: str | os.PathLike[str] | None = None,
    resumed: str | None = None,
) -> DetectorModule:
    """Return a module with its weights; torch's global generator is seeded.

    Parameters
    ----------
    images
        What it is to be trained on: classes, channels and size of the images.
    recipe
        Names the backbone, and whether it starts from published weights.
    settings
        Whether the network is compiled.
    seed
        The weights are drawn from it, or what of them is new.
    weights
        A file with the weights to start from; the head is replaced where its classes are others.
    resumed
        Architecture of a run that goes on, whose weights follow: neither a file nor published ones are read.

    Raises
    ------
    UsageError
        One logit for more than two classes, or weights both from a file and published ones.
    ModelError
        The file does not fit the backbone, or the backbone cannot take these images, or has no map to explain.
    EnvironmentFault
        Published weights cannot be downloaded.
    """
    classes = len(images.collection.classes)
    if recipe.one_logit and classes != 2:
        raise UsageError(f"one logit tells two classes apart, and {images.collection.source} has {classes}")
    if recipe.pretrained and weights is not None:
        raise UsageError("expected weights of a file or published ones (pretrained), got both")
    arch, length = recipe.backbone, 1 if recipe.one_logit else classes
    channels = images.preprocessing.channels
    other = None if channels == default_preprocessing(arch).channels else channels
    if recipe.pretrained and resumed is None:
        weights = published_file(arch)
    torch.manual_seed(seed)
    if resumed is not None:
        model = build_model(resumed, num_classes=length)
    elif weights is None:
        model = build_model(arch, num_classes=length, in_channels=other)
    else:
        model = network_from(weights, arch, num_classes=length, in_channels=other)
    model.to(memory_format=torch.channels_last)  # a third faster on a CPU, and what tensor cores take
    model.train()  # Lightning trains a network in the mode that it is given
    salience = "cam" if settings.compile else recipe.salience
    _try_out(model, recipe, salience, (channels, *images.preprocessing.size))
    return DetectorModule(
        model,
        recipe.build_loss(),
        recipe=recipe,
        seed=seed,
        identities=images.identities,
        compiled=settings.compile,
    )


def build_trainer(
    recipe: Recipe,
    settings: TrainingSettings,
    *,
    callbacks: Sequence[Callback],
    loggers: Sequence[Any] = (),
    folder: str | os.PathLike[str],
) -> Trainer:
    """Return Lightning's Trainer, without its remarks and its own files.

    Raises
    ------
    UsageError
        An unknown device, half precision on a CPU, or another number of processes than torchrun has started.
    EnvironmentFault
        This machine has no such device, or not so many.
    """
    one_of(settings.device, ("auto", "gpu", *sorted(AcceleratorRegistry.available_accelerators())), "device")
    if settings.precision == "16-mixed" and (settings.device == "cpu" or not torch.cuda.is_available()):
        raise UsageError("the precision 16-mixed needs an accelerator: choose bf16-mixed or 32")
    devices, nodes = layout(settings.devices, settings.nodes)
    shared = SharedStatistics()
    several = devices * nodes > 1
    with _there(settings.device, devices):
        trainer = Trainer(
            max_epochs=recipe.epochs,
            accelerator=settings.device,
            devices=devices,
            num_nodes=nodes,
            strategy="ddp" if several else "auto",
            plugins=[WholeFiles(), shared] if several else [WholeFiles()],
            precision=settings.precision,
            accumulate_grad_batches=recipe.accumulate,
            gradient_clip_val=recipe.clip or None,
            gradient_clip_algorithm="norm" if recipe.clip else None,
            check_val_every_n_epoch=settings.val_every,
            limit_train_batches=settings.limit_train or None,
            limit_val_batches=settings.limit_val or None,
            overfit_batches=settings.overfit_batches,
            fast_dev_run=settings.fast_dev_run,
            callbacks=list(callbacks),
            logger=list(loggers) or False,
            log_every_n_steps=1,
            default_root_dir=Path(folder),
            enable_progress_bar=False,
            enable_model_summary=False,
            num_sanity_val_steps=0,
            use_distributed_sampler=False,
        )
    shared.native = trainer.strategy.root_device.type == "cuda"
    return trainer


@contextmanager
def _there(device: str, number: int) -> Iterator[None]:
    """Say what Lightning says of devices that are not there as the fault of the machine that it is."""
    try:
        yield
    except MisconfigurationException as error:
        raise EnvironmentFault(f"cannot train on {number} x {device} here: {first_line(error)}") from error


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


def _try_out(model: nn.Module, recipe: Recipe, salience: str, shape: tuple[int, ...]) -> None:
    """Run the network once before any image is read, so that what cannot be trained is said at once."""
    with said_in_one_sentence(f"{recipe.backbone} on images of {shape[1]}x{shape[2]} pixels"):
        explainer(model, torch.zeros(2, *shape), layer=recipe.layer, salience=salience)
