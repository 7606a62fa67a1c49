"""The pictures of the embedded face set: real faces in several views, and forgeries made from each view."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy

from .forgeries import HELD_OUT, SEEN, Array, Material

SIZE = 56
SPLITS = {"train": (60, 8), "val": (15, 4), "test": (25, 8)}
"""Source faces and views of each, per split. No face is a source or a donor in two splits."""
COMPONENTS = 12
_MARGIN = 4
_GREY = numpy.dtype(numpy.uint8)


@dataclass(frozen=True)
class Portrait:
    """One view of a real face, and the forgery made from it.

    Parameters
    ----------
    source
        Which of scikit-image's 100 faces, 0 to 99.
    view
        0 is the face as it is; odd views are mirrored, and all others are turned, scaled, shifted and
        lightened or darkened a little.
    split
        train, val or test.
    generator
        Name of the operation that forged it.
    real, forged, altered
        (56, 56), uint8. ``altered`` is 0 exactly where ``forged`` was left as ``real`` is.
    """

    source: int
    view: int
    split: str
    generator: str
    real: numpy.ndarray[tuple[int, ...], numpy.dtype[numpy.uint8]]
    forged: numpy.ndarray[tuple[int, ...], numpy.dtype[numpy.uint8]]
    altered: numpy.ndarray[tuple[int, ...], numpy.dtype[numpy.uint8]]


def portraits(faces: Array, *, seed: int) -> Iterator[Portrait]:
    """Yield every view of every face with one forgery of it; real and forged are balanced by that.

    The generators take turns over faces and views, so that each forges each face equally often and no view
    goes with one of them: those of :data:`SEEN` in training and validation, all eight in the test split.
    What they do is drawn from (seed, face, view).

    Parameters
    ----------
    faces
        (100, 25, 25), grey, [0, 1].
    seed
        Decides the splits, the views and the forgeries.
    """
    order = numpy.random.default_rng(seed).permutation(len(faces))
    mean = components = None
    start = 0
    for split, (count, views) in SPLITS.items():
        chosen = sorted(int(source) for source in order[start : start + count])
        start += count
        generators = {**SEEN, **HELD_OUT} if split == "test" else SEEN
        seen = [numpy.stack([_view(faces[source], source, view, seed) for source in chosen]) for view in range(views)]
        if mean is None or components is None:  # of the training faces, which come first
            mean, components = principal_components(seen[0])
        for view, pictures in enumerate(seen):
            for at, source in enumerate(chosen):
                generator = list(generators)[(view + at) % len(generators)]
                material = Material(numpy.delete(pictures, at, axis=0), mean, components)
                draw = numpy.random.default_rng((seed, source, view, 1))
                forged, weight = generators[generator](pictures[at], material, draw)
                images = (_bytes(pictures[at]), _bytes(forged), numpy.ceil(weight * 255.0).astype(_GREY))
                yield Portrait(source, view, split, generator, *images)


def principal_components(faces: Array, *, count: int = COMPONENTS) -> tuple[Array, Array]:
    """Return the mean (H, W) of faces (D, H, W) and their first ``count`` principal components (K, H, W)."""
    mean = faces.mean(axis=0)
    _, _, directions = numpy.linalg.svd((faces - mean).reshape(len(faces), -1), full_matrices=False)
    return mean, directions[:count].reshape(-1, *mean.shape)


def enlarged(face: Array, *, angle: float = 0.0, scale: float = 1.0, shift: tuple[float, float] = (0.0, 0.0)) -> Array:
    """Bring a small picture to 56x56 by bicubic interpolation, turned by ``angle`` (radians) if asked to.

    ``scale`` enlarges and ``shift`` (down, across) moves, both in pixels of the small picture; what comes
    from beyond its edge is the edge repeated.
    """
    from PIL import Image

    padded = numpy.pad(face, _MARGIN, mode="edge").astype(numpy.float32)
    step_y, step_x = face.shape[0] / SIZE / scale, face.shape[1] / SIZE / scale
    cos, sin = numpy.cos(angle), numpy.sin(angle)
    down, across = _MARGIN + face.shape[0] / 2.0 - shift[0], _MARGIN + face.shape[1] / 2.0 - shift[1]
    half = SIZE / 2.0
    matrix = (
        *(cos * step_x, -sin * step_x, across - (cos - sin) * step_x * half),
        *(sin * step_y, cos * step_y, down - (sin + cos) * step_y * half),
    )
    picture = Image.fromarray(padded).transform(
        (SIZE, SIZE), Image.Transform.AFFINE, matrix, resample=Image.Resampling.BICUBIC
    )
    return numpy.clip(numpy.asarray(picture, dtype=numpy.float64), 0.0, 1.0)


def _view(face: Array, source: int, view: int, seed: int) -> Array:
    if view == 0:
        return enlarged(face)
    draw = numpy.random.default_rng((seed, source, view, 0))
    turned = enlarged(
        face,
        angle=draw.uniform(-0.1, 0.1),
        scale=draw.uniform(0.94, 1.06),
        shift=(draw.uniform(-0.8, 0.8), draw.uniform(-0.8, 0.8)),
    )
    lit: Array = turned ** draw.uniform(0.85, 1.18)
    return lit[:, ::-1] if view % 2 else lit


def _bytes(picture: Array) -> numpy.ndarray[tuple[int, ...], numpy.dtype[numpy.uint8]]:
    return numpy.rint(picture * 255.0).astype(_GREY)
