"""How pixels become what a network takes: one frozen record that models state and data obeys."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal

from .errors import InputError, UsageError, one_of

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


@dataclass(frozen=True)
class PreprocessingFlags:
    """What is to be otherwise than a checkpoint records or an architecture's published weights say.

    Parameters
    ----------
    image_size
        Height and width of the network's input, in pixels; one number for a square.
    resize
        squash (whatever the aspect) or crop (the shorter side, then the centre).
    resize_to
        Length of the shorter side before the crop.
    interpolation
        nearest, bilinear or bicubic.
    mean
        Taken off the pixels, one number a channel, in units of [0, 1]; as many as the network has channels.
    std
        What they are divided by, likewise.
    """

    image_size: tuple[int, ...] | None = None
    resize: Literal["squash", "crop"] | None = None
    resize_to: int | None = None
    interpolation: Literal["nearest", "bilinear", "bicubic"] | None = None
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None

    def applied_to(self, found: Preprocessing) -> Preprocessing:
        """Return ``found`` with what these flags change, and the change noted in its source.

        >>> PreprocessingFlags(image_size=(299,)).applied_to(Preprocessing(source="checkpoint")).size
        (299, 299)
        """
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        changed: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        if not changed:
            return found
        named = ", ".join(changed)
        if "image_size" in changed:
            size = changed.pop("image_size")
            if len(size) not in (1, 2):
                raise UsageError(f"expected `image_size` of one or two numbers, got {len(size)}")
            changed["size"] = (size[0], size[-1])
        if "mean" in changed:
            changed["channels"] = len(changed["mean"])
        return replace(found, **changed, source=f"{found.source}, but {named} as given")
