"""Random changes of training images: of the image and its human map together, and of the image alone.

The random numbers are a function of a seed alone, so that neither the order of the images nor the number of
processes that prepare them makes a difference.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy
import torch
from PIL import Image
from torch import Tensor
from torchvision import tv_tensors
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional

from ..errors import UsageError
from .seeds import derived_seed


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """What is changed at random, and how far; all off by default, as in the papers.

    Parameters
    ----------
    flip
        Probability of a left-right flip, in [0, 1].
    crop
        Smallest share of the area that a random resized crop keeps, in (0, 1]; 1 is off. Its aspect is that of
        the image, times 3/4 to 4/3.
    rotation
        Largest angle to either side, in degrees, 0 to 180; what comes into view is black, and 0 in the map.
    blur
        Largest standard deviation of a Gaussian blur, in pixels; at least 0.
    downscale
        Smallest factor of a resize down and up again, in (0, 1]; 1 is off.
    noise
        Largest standard deviation of Gaussian noise, of pixels in [0, 1]; 0 to 1.
    jpeg
        Lowest quality of a JPEG compression, 1 to 100; 100 is off.

    Raises
    ------
    UsageError
        Where a number is out of its range.

    Examples
    --------
    >>> Augmentation().active, Augmentation(flip=0.5).active
    (False, True)
    """

    flip: float = 0.0
    crop: float = 1.0
    rotation: float = 0.0
    jpeg: int = 100
    blur: float = 0.0
    downscale: float = 1.0
    noise: float = 0.0

    def __post_init__(self) -> None:
        ranges = {"flip": (0, 1), "rotation": (0, 180), "jpeg": (1, 100), "blur": (0, math.inf), "noise": (0, 1)}
        for name, (least, most) in ranges.items():
            value = getattr(self, name)
            if not (least <= value <= most and math.isfinite(value)):
                bound = f"{least} to {most}" if math.isfinite(most) else f"a number from {least}"
                raise UsageError(f"expected `{name}` to be {bound}, got {value}")
        for name in ("crop", "downscale"):
            if not 0 < getattr(self, name) <= 1:
                raise UsageError(f"expected `{name}` to be above 0 and at most 1, got {getattr(self, name)}")

    @property
    def active(self) -> bool:
        """Whether anything is changed."""
        return self != Augmentation()


def augment(
    image: Tensor, human_map: Tensor | None, augmentation: Augmentation, *, seed: int
) -> tuple[Tensor, Tensor | None]:
    """Return an image and its human map, changed at random; a function of the arguments alone.

    Flip, crop and rotation move both alike, the map by the nearest neighbour; then blur, downscaling, noise and
    JPEG change the image alone. Each draws from a seed of its own: switching one on changes nothing in the others.

    Parameters
    ----------
    image
        (C, H, W), uint8, on the CPU; C is 1 or 3 for JPEG.
    human_map
        (H, W), uint8, or None.
    augmentation
        What is changed, and how far.
    seed
        Of this image in this epoch.

    Returns
    -------
    tuple
        Of the same shapes and types; the arguments themselves where nothing is changed.

    Raises
    ------
    UsageError
        If JPEG is asked of an image that has neither 1 nor 3 channels.

    Examples
    --------
    >>> image = torch.arange(4, dtype=torch.uint8).reshape(1, 2, 2)
    >>> augment(image, image[0], Augmentation(flip=1.0), seed=0)[1]
    tensor([[1, 0],
            [3, 2]], dtype=torch.uint8)
    """
    if not augmentation.active:
        return image, human_map
    if augmentation.jpeg < 100 and image.shape[0] not in (1, 3):
        raise UsageError(f"JPEG takes images of 1 or 3 channels, got {image.shape[0]}: leave `jpeg` at 100")
    with torch.random.fork_rng(devices=()):
        image, mask = _moved(image, human_map, augmentation, seed)
        return _worsened(image, augmentation, seed), mask


def _moved(image: Tensor, human_map: Tensor | None, how: Augmentation, seed: int) -> tuple[Tensor, Tensor | None]:
    size = [int(side) for side in image.shape[-2:]]
    moves = {
        "flip": v2.RandomHorizontalFlip(how.flip) if how.flip else None,
        "crop": v2.RandomResizedCrop(size, scale=(how.crop, 1.0), antialias=True) if how.crop < 1 else None,
        "rotation": v2.RandomRotation(how.rotation, v2.InterpolationMode.BILINEAR) if how.rotation else None,
    }
    together = [tv_tensors.Image(image)] + ([] if human_map is None else [tv_tensors.Mask(human_map)])
    for name, move in moves.items():
        if move is not None:
            with _drawing(seed, name):
                together = list(move(*together)) if len(together) > 1 else [move(*together)]
    image, *rest = (each.as_subclass(Tensor) for each in together)
    return image, rest[0] if rest else None


def _worsened(image: Tensor, how: Augmentation, seed: int) -> Tensor:
    height, width = (int(side) for side in image.shape[-2:])
    if how.blur:
        with _drawing(seed, "blur"):
            sigma = how.blur * float(torch.rand(()))
        radius = min(math.ceil(3 * sigma), min(height, width) - 1)  # the border is reflected, once at most
        if radius:
            image = functional.gaussian_blur(image, [2 * radius + 1, 2 * radius + 1], [sigma, sigma])
    if how.downscale < 1:
        with _drawing(seed, "downscale"):
            factor = 1 - (1 - how.downscale) * float(torch.rand(()))
        smaller = [max(1, round(factor * height)), max(1, round(factor * width))]
        image = functional.resize(functional.resize(image, smaller, antialias=True), [height, width], antialias=True)
    if how.noise:
        with _drawing(seed, "noise"):
            image = functional.gaussian_noise(image, sigma=how.noise * float(torch.rand(())))
    if how.jpeg < 100:
        with _drawing(seed, "jpeg"):
            image = _compressed(image, int(torch.randint(how.jpeg, 101, ())))
    return image


def _compressed(image: Tensor, quality: int) -> Tensor:
    """By Pillow, as files are read: torchvision is giving up its own JPEG."""
    file = io.BytesIO()
    grey = image.shape[0] == 1
    pixels = image[0] if grey else image.permute(1, 2, 0)
    Image.fromarray(pixels.numpy()).save(file, "JPEG", quality=quality)
    read = torch.from_numpy(numpy.array(Image.open(file)))
    return read[None] if grey else read.permute(2, 0, 1).contiguous()


@contextmanager
def _drawing(seed: int, word: str) -> Iterator[None]:
    """Let torchvision draw from (seed, word); the caller gives the generator's state back."""
    torch.default_generator.manual_seed(derived_seed(seed, word))  # torch.manual_seed seeds every device as well
    yield
