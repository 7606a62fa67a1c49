"""How a training run is computed, in one record: flags, TOML keys and the run's own account. No torch here."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from ..errors import UsageError, one_of

PRECISIONS = ("32", "bf16-mixed", "16-mixed")
CACHES = ("none", "ram", "device")
LOGGERS = ("csv", "tensorboard", "wandb")
FIGURES = (
    *("val/accuracy", "val/auroc", "val/loss", "val/map_entropy"),
    *("train/accuracy", "train/loss", "train/map_entropy"),
)
LEAST = {
    "devices": 1,
    "nodes": 1,
    "workers": -1,
    "val_every": 1,
    "limit_train": 0,
    "limit_val": 0,
    "overfit_batches": 0,
    "checkpoint_every": 0,
    "maps_every": 0,
}
DECIDING = ("val_every", "limit_train", "limit_val", "overfit_batches", "fast_dev_run", "keep")


@dataclass(frozen=True)
class TrainingSettings:
    """How a run is computed; but for the limits and what is kept, this changes no result beyond rounding.

    Parameters
    ----------
    device
        auto, cpu, cuda, mps, or another word of Lightning's accelerators.
    precision
        32, or mixed precision of the network's own arithmetic: bf16-mixed, 16-mixed.
    devices
        Devices of one machine that share every batch.
    nodes
        Machines that share every batch.
    threads
        Of the CPU; left out, as many as torch uses. A small network is as fast with 1, and then the weights do
        not depend on how many cores a machine has.
    cache
        Where decoded images are kept: none, ram, or device.
    workers
        Processes that decode images; -1 chooses by the number of images and cores.
    compile
        Compile the network with torch.compile.
    val_every
        Epochs between two validations.
    limit_train
        At most so many training batches an epoch; 0 is all.
    limit_val
        At most so many validation batches; 0 is all.
    overfit_batches
        Train on so many batches, always the same, and validate on as many; 0 is off.
    fast_dev_run
        One batch of training and of validation, to see that everything works.
    keep
        The figure that decides which epoch is kept; higher is better, but for losses and entropies.
    checkpoint_every
        Steps of the optimiser between two states for --resume within an epoch; 0 is at the ends of epochs only.
    maps_every
        Epochs between two pictures of example maps; 0 is never.
    loggers
        csv always; tensorboard and wandb where they are installed.
    progress
        Show on stderr how far the run is.
    max_unreadable
        Share of a split's images that may be unreadable, in [0, 1].

    Raises
    ------
    UsageError
        Where a word is unknown or a number is out of range.

    Examples
    --------
    >>> TrainingSettings(precision="bf16-mixed", devices=2).cache
    'ram'
    """

    device: str = "auto"
    precision: Literal["32", "bf16-mixed", "16-mixed"] = "32"
    devices: int = 1
    nodes: int = 1
    threads: int | None = None
    cache: Literal["none", "ram", "device"] = "ram"
    workers: int = -1
    compile: bool = False
    val_every: int = 1
    limit_train: int = 0
    limit_val: int = 0
    overfit_batches: int = 0
    fast_dev_run: bool = False
    keep: str = "val/accuracy"
    checkpoint_every: int = 0
    maps_every: int = 5
    loggers: Annotated[tuple[str, ...], Parameter(consume_multiple=True, negative=())] = ("csv",)
    progress: Annotated[bool, Parameter(parse=False)] = False  # the command line says --quiet instead
    max_unreadable: float = 0.05

    def __post_init__(self) -> None:
        one_of(self.precision, PRECISIONS, "precision")
        one_of(self.cache, CACHES, "cache")
        one_of(self.keep, FIGURES, "figure to keep by")
        for word in self.loggers:
            one_of(word, LOGGERS, "logger")
        for name, least in LEAST.items():
            if getattr(self, name) < least:
                raise UsageError(f"expected `{name}` of at least {least}, got {getattr(self, name)}")
        if self.threads is not None and self.threads < 1:
            raise UsageError(f"expected `threads` of at least 1, got {self.threads}")
        if not 0 <= self.max_unreadable <= 1:
            raise UsageError(f"expected `max_unreadable` between 0 and 1, got {self.max_unreadable}")

    def deciding(self) -> dict[str, Any]:
        """Return the settings that change what a run finds, which a resumed run must share.

        >>> TrainingSettings().deciding()["keep"]
        'val/accuracy'
        """
        return {name: getattr(self, name) for name in DECIDING}

    def to_dict(self) -> dict[str, Any]:
        """Return plain numbers and words, as they are written into the run's folder."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}
