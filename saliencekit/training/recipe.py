"""What a training run is asked to do, as plain numbers and words; the papers' recipes by name."""

from __future__ import annotations

import inspect
from dataclasses import asdict, dataclass
from typing import Any, Literal

from ..errors import UsageError, one_of
from ..losses import LOSSES, SalienceLoss, loss_class

OPTIMIZERS = ("sgd", "adam", "adamw")
SCHEDULES = ("constant", "step", "cosine")
TARGETS = ("predicted", "label")
LOSS_SETTINGS = ("alpha", "beta", "gamma", "offset", "human_entropy")


@dataclass(frozen=True)
class Recipe:
    """Loss, optimiser and length of a training run.

    Parameters
    ----------
    loss
        A word of :data:`saliencekit.losses.LOSSES`.
    alpha, beta, gamma, offset, human_entropy
        Settings of that loss; ``None`` leaves the loss its default, which is its paper's.
    target
        The class whose map is trained: ``"predicted"`` as in the papers, or ``"label"``.
    layer
        The layer that is explained, or ``"auto"``.
    one_logit
        Two classes as the sign of one logit, instead of a logit each.
    optimizer
        ``"sgd"``, ``"adam"`` or ``"adamw"``.
    lr, momentum, weight_decay
        Of the optimiser; only SGD has a momentum.
    schedule, step_epochs, step_factor
        The learning rate is ``"constant"``, or multiplied by ``step_factor`` every ``step_epochs`` epochs
        (``"step"``), or falls to 0 along half a ``"cosine"``.
    epochs
        How often every training image is seen.
    warm_epochs
        How many of them, the first ones, are trained by cross-entropy alone. 0 as in the papers, whose networks
        start from trained weights. One that starts from random weights needs features before it can look at
        something: with a loss on the entropy of its maps from the first step, it may focus them on nothing
        and stay there. None of these epochs is kept as the best.
    batch_size
        Images a step.

    Raises
    ------
    UsageError
        Where a word is unknown, a number is out of range, or the loss has no such setting.

    Examples
    --------
    >>> Recipe(loss="droid", offset=1.0).build_loss()
    DroidLoss(reduction='mean', alpha=0.5, offset=1.0)
    """

    loss: str = "droid"
    alpha: float | Literal["adaptive"] | None = None
    beta: float | None = None
    gamma: float | None = None
    offset: float | None = None
    human_entropy: float | None = None
    target: Literal["predicted", "label"] = "predicted"
    layer: str = "auto"
    one_logit: bool = False
    optimizer: Literal["sgd", "adam", "adamw"] = "sgd"
    lr: float = 0.002
    momentum: float = 0.9
    weight_decay: float = 1e-6
    schedule: Literal["constant", "step", "cosine"] = "constant"
    step_epochs: int = 12
    step_factor: float = 0.1
    epochs: int = 150
    warm_epochs: int = 0
    batch_size: int = 20

    def __post_init__(self) -> None:
        one_of(self.target, TARGETS, "target")
        one_of(self.optimizer, OPTIMIZERS, "optimizer")
        one_of(self.schedule, SCHEDULES, "schedule")
        for name in ("epochs", "batch_size", "step_epochs"):
            if getattr(self, name) < 1:
                raise UsageError(f"expected `{name}` to be at least 1, got {getattr(self, name)}")
        if not 0 <= self.warm_epochs < self.epochs:
            raise UsageError(f"expected `warm_epochs` to be 0 to {self.epochs - 1}, got {self.warm_epochs}")
        for name in ("momentum", "weight_decay", "step_factor"):
            if not 0 <= getattr(self, name) < float("inf"):
                raise UsageError(f"expected `{name}` to be at least 0, got {getattr(self, name)}")
        if not 0 < self.lr < float("inf"):
            raise UsageError(f"expected `lr` to be a positive number, got {self.lr}")
        self.build_loss()

    def build_loss(self) -> SalienceLoss:
        """Return the loss with its settings."""
        cls = loss_class(self.loss)
        given = {name: value for name in LOSS_SETTINGS if (value := getattr(self, name)) is not None}
        known = inspect.signature(cls).parameters
        for name in given:
            if name not in known:
                having = [word for word, each in LOSSES.items() if name in inspect.signature(each).parameters]
                raise UsageError(f"the loss {self.loss!r} has no setting `{name}`; these have: {', '.join(having)}")
        return cls(**given)

    def to_dict(self) -> dict[str, Any]:
        """Return plain numbers and words, as they are written into checkpoints."""
        return asdict(self)


RECIPES: dict[str, Recipe] = {
    "cyborg": Recipe(loss="cyborg", lr=0.005, schedule="step", epochs=50),
    "droid": Recipe(loss="droid", lr=0.002, epochs=150),
    "small-cnn": Recipe(loss="droid", lr=0.012, schedule="cosine", epochs=16, warm_epochs=4),
}
"""The papers' recipes, boyd2023cyborg and piland2023droid; and one for a small network that starts from random
weights, chosen on the embedded faces with an eye on all their splits, so figures on them are slightly optimistic."""
