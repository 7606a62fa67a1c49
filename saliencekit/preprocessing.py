"""How pixels become what a network takes: one frozen record that models state and data obeys."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from .errors import InputError, one_of

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
RESIZES = ("squash", "crop")
INTERPOLATIONS = ("nearest", "bilinear", "bicubic")


@dataclass(frozen=True)
class Preprocessing:
    """From an image file to the tensor that a network takes.

    The image is converted to ``channels`` channels, brought to ``size``, scaled to [0, 1], and then
    ``(x - mean) / std`` per channel.

    Parameters
    ----------
    size
        (height, width) of the network's input, in pixels.
    resize
        ``"squash"`` resizes to ``size`` whatever the aspect; ``"crop"`` resizes the shorter side to
        ``resize_to`` and cuts the centre out.
    resize_to
        Length of the shorter side before the crop; ``None`` means ``min(size)``.
    interpolation
        One of nearest, bilinear, bicubic; always antialiased, as Pillow does.
    channels
        1, 3 or 4.
    mean, std
        One number a channel, in units of [0, 1].
    source
        Where this came from, in words, for the report ("checkpoint", "torchvision weights metadata ...").
    """

    size: tuple[int, int] = (224, 224)
    resize: Literal["squash", "crop"] = "squash"
    resize_to: int | None = None
    interpolation: Literal["nearest", "bilinear", "bicubic"] = "bilinear"
    channels: int = 3
    mean: tuple[float, ...] = IMAGENET_MEAN
    std: tuple[float, ...] = IMAGENET_STD
    source: str = "default"

    def __post_init__(self) -> None:
        one_of(self.resize, RESIZES, "resize")
        one_of(self.interpolation, INTERPOLATIONS, "interpolation")
        if self.channels not in (1, 3, 4):
            raise InputError(f"expected `channels` to be 1, 3 or 4, got {self.channels}")
        if len(self.mean) != self.channels or len(self.std) != self.channels:
            raise InputError(
                f"expected `mean` and `std` of {self.channels} numbers, got {len(self.mean)} and {len(self.std)}"
            )
        if min(self.size) < 1 or min(self.std) <= 0:
            raise InputError(f"expected positive `size` and `std`, got {self.size} and {self.std}")

    def to_dict(self) -> dict[str, Any]:
        """Return plain numbers and words, as they are written into checkpoints and records."""
        plain = asdict(self)
        return {name: list(value) if isinstance(value, tuple) else value for name, value in plain.items()}

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> Preprocessing:
        """Rebuild from :meth:`to_dict`; an unknown or missing field raises :class:`InputError`."""
        try:
            fields: dict[str, Any] = {
                key: tuple(each) if isinstance(each, list) else each for key, each in plain.items()
            }
            return cls(**fields)
        except TypeError as error:
            raise InputError(f"the recorded preprocessing cannot be read: {error}") from error
