"""What a training run is asked to do, as plain numbers and words. No torch here."""

from __future__ import annotations

import inspect
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from ..errors import UsageError, one_of

if TYPE_CHECKING:
    from ..losses import SalienceLoss

INFINITY = float("inf")
LOSS_WORDS = ("cross-entropy", "cyborg", "hseb", "fmmmse", "droid", "cyborg-droid")
LOSS_SETTINGS = ("alpha", "beta", "gamma", "offset", "human_entropy")
WORDS = {
    "loss": LOSS_WORDS,
    "target": ("predicted", "label"),
    "salience": ("auto", "cam", "grad-cam"),
    "optimizer": ("sgd", "adam", "adamw"),
    "schedule": ("constant", "step", "cosine"),
    "resize": ("squash", "crop"),
}
RANGES: dict[str, tuple[float, float]] = {
    "epochs": (1, INFINITY),
    "batch_size": (1, INFINITY),
    "accumulate": (1, INFINITY),
    "step_epochs": (1, INFINITY),
    "image_size": (1, INFINITY),
    "momentum": (0, INFINITY),
    "weight_decay": (0, INFINITY),
    "step_factor": (0, INFINITY),
    "clip": (0, INFINITY),
    "flip": (0, 1),
    "rotation": (0, 180),
    "jpeg": (1, 100),
    "blur": (0, INFINITY),
    "noise": (0, 1),
}
SHARES = ("crop", "downscale")  # above 0, at most 1


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the result of a training run, but its data and its seed.

    Parameters
    ----------
    backbone
        Architecture: torchvision:NAME, timm:NAME, saliencekit:small-cnn or package.module:callable.
    image_size
        Height and width of the network's input, in pixels; the architecture's own where it is left out.
    resize
        squash (whatever the aspect, as in the papers) or crop (the shorter side, then the centre).
    pretrained
        Start from the weights that the architecture is published with; they are downloaded.
    loss
        cross-entropy, cyborg, hseb, fmmmse, droid or cyborg-droid.
    alpha
        Share of the cross-entropy, in [0, 1], or adaptive; of cyborg-droid the weight of the human maps. Like the
        other settings of a loss it is its paper's where it is left out.
    beta
        Of cyborg-droid: weight of the entropy.
    gamma
        Of cyborg-droid: weight of the cross-entropy.
    offset
        Of droid and cyborg-droid: added to the entropy before its logarithm; 0 in the paper, 1 in its authors' code.
    human_entropy
        Of hseb: the human maps' mean entropy in nats, where it is known beforehand and no maps are needed.
    target
        The class whose map is trained: predicted as in the papers, or label.
    layer
        The layer that is explained, as in model.named_modules(), or auto.
    salience
        What the map is: cam, or grad-cam for a network whose head allows none (its backward is done twice behind the
        layer); auto takes the CAM where there is one. Without its ReLU, Grad-CAM is the CAM where both are defined.
    one_logit
        Two classes as the sign of one logit, instead of a logit each.
    optimizer
        sgd, adam or adamw.
    lr
        Learning rate.
    momentum
        Of sgd.
    weight_decay
        Of the optimiser.
    schedule
        The learning rate is constant, or multiplied by step_factor every step_epochs epochs (step), or falls
        to 0 along half a cosine.
    step_epochs
        Of the schedule step: epochs between two multiplications.
    step_factor
        Of the schedule step: what the learning rate is multiplied by.
    epochs
        How often every training image is seen.
    warm_epochs
        How many of them, the first ones, are trained by cross-entropy alone. 0 as in the papers, whose networks
        start from trained weights. One that starts from random weights needs features before it can look at
        something: with a loss on the entropy of its maps from the first step, it may focus them on nothing
        and stay there. None of these epochs is kept as the best.
    batch_size
        Images of one step, over all processes together.
    accumulate
        Steps whose gradients are added up before the weights change.
    clip
        Largest norm of the gradient; 0 leaves it as it is.
    flip
        Probability of a left-right flip, of image and human map together.
    crop
        Smallest share of the area that a random crop keeps, image and human map together; 1 keeps all.
    rotation
        Largest angle of a random rotation, image and human map together, in degrees.
    jpeg
        Lowest quality of a random JPEG compression, of 100.
    blur
        Largest sigma of a random Gaussian blur, in pixels.
    downscale
        Smallest factor of a random resize down and up again.
    noise
        Largest standard deviation of random Gaussian noise, of pixels in [0, 1].

    Raises
    ------
    UsageError
        Where a word is unknown, a number is out of range, or the loss has no such setting.

    Examples
    --------
    >>> Recipe(loss="droid", offset=1.0).build_loss()
    DroidLoss(reduction='mean', alpha=0.5, offset=1.0)
    """

    backbone: str = "saliencekit:small-cnn"
    image_size: int | None = None
    resize: Literal["squash", "crop"] = "squash"
    pretrained: bool = False
    loss: str = "droid"
    alpha: float | Literal["adaptive"] | None = None
    beta: float | None = None
    gamma: float | None = None
    offset: float | None = None
    human_entropy: float | None = None
    target: Literal["predicted", "label"] = "predicted"
    layer: str = "auto"
    salience: Literal["auto", "cam", "grad-cam"] = "auto"
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
    accumulate: int = 1
    clip: float = 0.0
    flip: float = 0.0
    crop: float = 1.0
    rotation: float = 0.0
    jpeg: int = 100
    blur: float = 0.0
    downscale: float = 1.0
    noise: float = 0.0

    def __post_init__(self) -> None:
        for name, words in WORDS.items():
            one_of(getattr(self, name), words, name)
        for name, (least, most) in RANGES.items():
            _check_range(name, getattr(self, name), least, most)
        for name in SHARES:
            if not 0 < getattr(self, name) <= 1:
                raise UsageError(f"expected `{name}` to be above 0 and at most 1, got {getattr(self, name)}")
        if not 0 <= self.warm_epochs < self.epochs:
            raise UsageError(f"expected `warm_epochs` to be 0 to {self.epochs - 1}, got {self.warm_epochs}")
        if not 0 < self.lr < INFINITY:
            raise UsageError(f"expected `lr` to be a positive number, got {self.lr}")
        if self._loss_settings():
            self.build_loss()  # the loss knows the ranges of its settings; this imports torch

    def build_loss(self) -> SalienceLoss:
        """Return the loss with its settings."""
        from ..losses import LOSSES, loss_class

        cls = loss_class(self.loss)
        given = self._loss_settings()
        known = inspect.signature(cls).parameters
        for name in given:
            if name not in known:
                having = [word for word, each in LOSSES.items() if name in inspect.signature(each).parameters]
                raise UsageError(f"the loss {self.loss!r} has no setting `{name}`; these have: {', '.join(having)}")
        return cls(**given)

    def to_dict(self) -> dict[str, Any]:
        """Return plain numbers and words, as they are written into checkpoints."""
        return asdict(self)

    def _loss_settings(self) -> dict[str, Any]:
        return {name: value for name in LOSS_SETTINGS if (value := getattr(self, name)) is not None}


def _check_range(name: str, value: float | None, least: float, most: float) -> None:
    if value is None:
        return
    if not least <= value <= most or value == INFINITY:
        bound = f"at least {least}" if most == INFINITY else f"{least} to {most}"
        raise UsageError(f"expected `{name}` to be {bound}, got {value}")
