"""Eight ways to forge a face, each a known operation with a known altered region.

Each takes a face and returns a forged one with the region that it altered, as a weight of 0 (the pixel is
untouched) to 1 (it is made up). None is a neural network: they leave the kinds of trace that those leave, at
a cost of milliseconds, and say exactly where.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy

Array = numpy.ndarray[Any, numpy.dtype[numpy.float64]]

# Centre and half axes (y, x), as shares of the image, of the parts of an aligned face.
PARTS = {
    "eyes": ((0.40, 0.50), (0.13, 0.36)),
    "left eye": ((0.40, 0.31), (0.13, 0.17)),
    "right eye": ((0.40, 0.69), (0.13, 0.17)),
    "nose": ((0.58, 0.50), (0.17, 0.17)),
    "mouth": ((0.79, 0.50), (0.13, 0.27)),
    "left cheek": ((0.64, 0.26), (0.17, 0.15)),
    "right cheek": ((0.64, 0.74), (0.17, 0.15)),
    "brow": ((0.18, 0.50), (0.13, 0.32)),
}
FEATURES = ("eyes", "nose", "mouth")


@dataclass(frozen=True)
class Material:
    """What forgeries are made from besides the face itself.

    Parameters
    ----------
    donors
        (D, H, W): other faces of the same split.
    mean
        (H, W): mean of the training faces.
    components
        (K, H, W): their principal components, orthonormal.
    """

    donors: Array
    mean: Array
    components: Array


Forgery = Callable[[Array, Material, numpy.random.Generator], tuple[Array, Array]]


def region(shape: tuple[int, ...], part: str, draw: numpy.random.Generator, *, seam: float = 1.0) -> Array:
    """Return a soft ellipse over a part of the face: 1 inside, 0 outside, ``seam`` pixels wide at its edge."""
    (down, across), (tall, wide) = PARTS[part]
    down, across = down + draw.uniform(-0.03, 0.03), across + draw.uniform(-0.03, 0.03)
    size = draw.uniform(1.0, 1.35)
    y, x = numpy.meshgrid(*(numpy.arange(length) + 0.5 for length in shape), indexing="ij")
    tall, wide = tall * size * shape[0], wide * size * shape[1]
    radius = numpy.hypot((y - down * shape[0]) / tall, (x - across * shape[1]) / wide)
    weight: Array = numpy.clip(0.5 + (1.0 - radius) * numpy.sqrt(tall * wide) / (2.0 * seam), 0.0, 1.0)
    return weight


def blended(face: Array, altered: Array, weight: Array) -> tuple[Array, Array]:
    """Return ``altered`` laid over ``face``, and the weight it was laid over with."""
    return numpy.clip(face + weight * (altered - face), 0.0, 1.0), weight


def part_swap(face: Array, material: Material, draw: numpy.random.Generator) -> tuple[Array, Array]:
    """Put a donor's eyes, nose or mouth in, brightness half matched, with a soft seam (as SREFI does)."""
    weight = region(face.shape, draw.choice(FEATURES), draw, seam=0.7)
    donor = material.donors[draw.integers(len(material.donors))]
    ours, theirs = (numpy.average(each, weights=weight) for each in (face, donor))
    return blended(face, donor + 0.5 * (ours - theirs), weight)


def eigenface(face: Array, material: Material, draw: numpy.random.Generator) -> tuple[Array, Array]:
    """Make a part anew from the first principal components of the training faces, as a linear decoder would."""
    weight = region(face.shape, draw.choice(FEATURES), draw)
    known = face - material.mean
    codes = numpy.tensordot(material.components, known, axes=2)
    return blended(face, material.mean + numpy.tensordot(codes, material.components, axes=1), weight)


def upsampling(face: Array, material: Material, draw: numpy.random.Generator) -> tuple[Array, Array]:
    """Halve a part and double it by a strided transposed convolution whose taps overlap unevenly."""
    from scipy.ndimage import convolve

    weight = region(face.shape, draw.choice(list(PARTS)), draw)
    coarse = face.reshape(face.shape[0] // 2, 2, face.shape[1] // 2, 2).mean(axis=(1, 3))
    spread = numpy.zeros_like(face)
    spread[::2, ::2] = coarse
    kernel = numpy.outer((0.5, 1.0, 0.5), (0.5, 1.0, 0.5)) * (1.0 + draw.normal(0.0, 0.2, (3, 3)))
    return blended(face, convolve(spread, kernel, mode="nearest"), weight)


def denoising(face: Array, material: Material, draw: numpy.random.Generator) -> tuple[Array, Array]:
    """Smooth a part between its edges until its texture is gone, as an over-denoised diffusion sample."""
    from scipy.ndimage import gaussian_filter, median_filter

    weight = region(face.shape, draw.choice(FEATURES), draw)
    smooth = gaussian_filter(median_filter(face, size=7, mode="nearest"), draw.uniform(1.5, 2.5), mode="nearest")
    return blended(face, smooth, weight)


def warping(face: Array, material: Material, draw: numpy.random.Generator) -> tuple[Array, Array]:
    """Swirl and swell a part, as a morphing tool does."""
    from scipy.ndimage import map_coordinates

    weight = region(face.shape, draw.choice(FEATURES), draw, seam=5.0)
    y, x = numpy.meshgrid(*(numpy.arange(length, dtype=float) for length in face.shape), indexing="ij")
    down, across = (numpy.average(each, weights=weight) for each in (y, x))
    angle = weight * draw.choice((-1.0, 1.0)) * draw.uniform(0.4, 0.8)
    swell = 1.0 + weight * draw.uniform(-0.35, 0.35)
    dy, dx = (y - down) * swell, (x - across) * swell
    turned = (
        down + numpy.cos(angle) * dy - numpy.sin(angle) * dx,
        across + numpy.sin(angle) * dy + numpy.cos(angle) * dx,
    )
    altered = map_coordinates(face, turned, order=3, mode="nearest")
    return numpy.where(weight > 0.0, numpy.clip(altered, 0.0, 1.0), face), weight


def copy_move(face: Array, material: Material, draw: numpy.random.Generator) -> tuple[Array, Array]:
    """Cover one part with another place of the same face."""
    from scipy.ndimage import shift

    source, target = draw.choice(list(PARTS), size=2, replace=False)
    weight = region(face.shape, target, draw, seam=0.7)
    steps = [(PARTS[target][0][axis] - PARTS[source][0][axis]) * face.shape[axis] for axis in (0, 1)]
    moved = shift(face, [round(step) for step in steps], order=0, mode="nearest")
    ours, theirs = (numpy.average(each, weights=weight) for each in (face, moved))
    return blended(face, moved + 0.5 * (ours - theirs), weight)


def spectral_trace(face: Array, material: Material, draw: numpy.random.Generator) -> tuple[Array, Array]:
    """Add a faint periodic trace to a part: the spectral peak that stacked upsampling layers leave."""
    weight = region(face.shape, draw.choice(list(PARTS)), draw, seam=3.0)
    y, x = numpy.meshgrid(*(numpy.arange(length) for length in face.shape), indexing="ij")
    period, angle = draw.uniform(2.5, 4.5), draw.uniform(0.0, numpy.pi)
    phase = 2.0 * numpy.pi / period * (y * numpy.sin(angle) + x * numpy.cos(angle))
    return blended(face, face + draw.uniform(0.05, 0.09) * numpy.cos(phase), weight)


def texture(face: Array, material: Material, draw: numpy.random.Generator) -> tuple[Array, Array]:
    """Replace a part's detail by noise with the spectrum of the whole face (its phases shuffled)."""
    from scipy.ndimage import gaussian_filter

    weight = region(face.shape, draw.choice(list(PARTS)), draw)
    base = gaussian_filter(face, 2.5, mode="nearest")
    spectrum = numpy.abs(numpy.fft.rfft2(face - base))
    noise = numpy.fft.rfft2(draw.normal(size=face.shape))
    detail = numpy.fft.irfft2(spectrum * noise / numpy.maximum(numpy.abs(noise), 1e-12), s=face.shape)
    return blended(face, base + 1.2 * detail, weight)


SEEN: dict[str, Forgery] = {
    "part-swap": part_swap,
    "eigenface": eigenface,
    "upsampling": upsampling,
    "denoising": denoising,
}
"""Generators whose forgeries are in all three splits."""
HELD_OUT: dict[str, Forgery] = {
    "warping": warping,
    "copy-move": copy_move,
    "spectral-trace": spectral_trace,
    "texture": texture,
}
"""Generators whose forgeries are in the test split only."""
