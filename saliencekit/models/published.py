"""Weights that torchvision publishes, known by the digits of their SHA-256; nothing is downloaded."""

from __future__ import annotations

from typing import Any

from ..errors import one_of
from ..preprocessing import Preprocessing
from .build import torchvision_names
from .spec import Spec

IMAGENET_LENGTH = 1000


def imagenet_classes() -> tuple[str, ...]:
    """Return the names of ImageNet's 1000 classes, as torchvision's weights carry them.

    >>> imagenet_classes()[281:283]
    ('tabby', 'tiger cat')
    """
    from torchvision.models import ResNet18_Weights

    return tuple(ResNet18_Weights.IMAGENET1K_V1.meta["categories"])


def published_preprocessing(spec: Spec, sha256: str | None = None) -> Preprocessing | None:
    """Return how images are prepared for torchvision's published weights of an architecture.

    Parameters
    ----------
    spec
        The architecture; ``None`` is returned for others than torchvision's.
    sha256
        Of a weight file: the entry with these first digits is taken, and ``None`` returned if there is none.
        Without it, torchvision's default entry.
    """
    if spec.room != "torchvision":
        return None
    from torchvision.models import get_model_weights

    one_of(spec.name, torchvision_names(), "torchvision architecture")
    entries = list(get_model_weights(spec.name))
    if sha256 is not None:
        entries = [entry for entry in entries if sha256.startswith(_digits(entry.url))]
        return _from_metadata(entries[0], spec) if entries else None
    default = get_model_weights(spec.name).DEFAULT
    return _from_metadata(default, spec)


def _digits(url: str) -> str:
    return url.rpartition("-")[2].partition(".")[0]


def _from_metadata(entry: Any, spec: Spec) -> Preprocessing:
    transform = entry.transforms()
    side, shorter = int(transform.crop_size[0]), int(transform.resize_size[0])
    mean, std = tuple(map(float, transform.mean)), tuple(map(float, transform.std))
    channels = int(spec.option("in_channels", 3))
    if channels != 3:
        mean, std = (sum(mean) / 3,) * channels, (sum(std) / 3,) * channels
    if image_size := int(spec.option("image_size", 0)):
        side, shorter = image_size, round(shorter * image_size / side)
    return Preprocessing(
        size=(side, side),
        resize="crop",
        resize_to=shorter,
        interpolation=transform.interpolation.value,
        channels=channels,
        mean=mean,
        std=std,
        source=f"torchvision weights metadata ({entry})",
    )
