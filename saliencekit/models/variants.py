"""Settings of an architecture that its weights give away: image size, auxiliary heads, width, image channels."""

from __future__ import annotations

import math
from collections.abc import Mapping

from .skeleton import Shape
from .spec import Spec, Value

AUXILIARY = {"inception_v3": "AuxLogits.", "googlenet": "aux1."}


def variant(spec: Spec, shapes: Mapping[str, Shape]) -> Spec:
    """Return ``spec`` with the options that ``shapes`` (names of the weights and their shapes) ask for.

    Options that ``spec`` states already are left as they are.

    Examples
    --------
    >>> shapes = {"conv_proj.weight": (768, 3, 16, 16), "encoder.pos_embedding": (1, 577, 768)}
    >>> str(variant(Spec("torchvision", "vit_b_16"), shapes))
    'torchvision:vit_b_16?image_size=384'
    """
    found: dict[str, Value] = {}
    if spec.room == "torchvision" and spec.name.startswith("vit_"):
        found = _image_size(spec.name, shapes)
    elif spec.room == "torchvision" and spec.name in AUXILIARY:
        found = _auxiliary(spec.name, shapes)
    elif spec.room == "saliencekit" and spec.name == "small-cnn":
        stem = shapes.get("features.0.0.weight", ())
        found = {"width": stem[0]} if len(stem) == 4 and stem[0] not in (0, 16) else {}
    return spec.having(**{**found, **dict(spec.options)})


def _image_size(name: str, shapes: Mapping[str, Shape]) -> dict[str, Value]:
    """A vision transformer has one position for each patch and one for the class."""
    patch, positions = shapes.get("conv_proj.weight", ()), shapes.get("encoder.pos_embedding", ())
    if len(patch) != 4 or len(positions) != 3 or positions[1] < 2 or not name.endswith(f"_{patch[-1]}"):
        return {}
    side = math.isqrt(positions[1] - 1)
    size = side * patch[-1]
    return {"image_size": size} if side * side == positions[1] - 1 and size != 224 else {}


def _auxiliary(name: str, shapes: Mapping[str, Shape]) -> dict[str, Value]:
    """Files of Inception v3 and GoogLeNet do not say how the input was scaled.

    torchvision's published weights, and whatever was fine-tuned from them, rescale it from ImageNet's mean and
    standard deviation to [-1, 1] inside the network; that is taken for granted unless the architecture is
    given with ``?transform_input=false``. One image channel cannot be rescaled so.
    """
    stem = next((shape for shape in shapes.values() if len(shape) == 4), ())
    found: dict[str, Value] = {"transform_input": True} if stem[1:2] == (3,) else {}
    if not any(each.startswith(AUXILIARY[name]) for each in shapes):
        found["aux_logits"] = False
    return found
