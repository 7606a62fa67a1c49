"""Which architecture do these weights belong to? Told from their names and shapes, among all we can build."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from ..errors import ModelError
from .build import torchvision_names
from .fit import Fit, fit
from .skeleton import Shape
from .spec import OWN, Spec
from .state_dict import readings
from .variants import variant

SAY_ARCH = "name the architecture with --arch SPEC (arch=)"

# A name that every file of a family holds, and the family. Only a short cut: where no member fits, and where
# no marker is found, all architectures are tried.
FAMILIES = (
    (r"layer1\.0\.conv1\.weight", r"(wide_)?resne[x]?t.*"),
    (r"features\.denseblock1\..*", r"densenet.*"),
    (r"trunk_output\..*", r"regnet.*"),
    (r"Mixed_5b\..*", r"inception_v3"),
    (r"inception3a\..*", r"googlenet"),
    (r"stage2\.0\.branch2\..*", r"shufflenet.*"),
    (r"layers\.0\.weight", r"mnasnet.*"),
    (r"conv_proj\.weight", r"vit.*"),
    (r"blocks\.0\.layers\.0\.layers\.MBconv\..*", r"maxvit.*"),
    (r"features\.1\.0\.norm1\.weight", r"swin.*"),
    (r"features\.1\.0\.layer_scale", r"convnext.*"),
    (r"features\.3\.squeeze\.weight", r"squeezenet.*"),
    (r"features\.1\.0\.block\.0\.0\.weight", r"efficientnet.*"),
    (r"features\.1\.conv\..*", r"mobilenet_v2"),
    (r"features\.1\.block\..*", r"mobilenet_v3.*"),
    (r"features\.0\.weight", r"alexnet|vgg.*|squeezenet.*"),
    (r"features\.0\.0\.weight", r"small-cnn"),
    (r"_conv_stem\.weight", r"efficientnet-lite0"),
)


@dataclass(frozen=True)
class Recognition:
    """An architecture that fits weights without a remainder.

    Parameters
    ----------
    arch
        As :func:`saliencekit.models.build_model` takes it.
    num_classes
        Length of the logits.
    """

    arch: str
    num_classes: int


def recognise(state_dict: Mapping[str, Tensor]) -> Recognition:
    """Return the architecture that a state dict belongs to.

    Names and shapes are compared with every classifier of torchvision and with our own, each built without
    weights; the number of classes is read from the head. Prefixes of wrappers, ``densenet``'s old names, and
    heads of dropout and one linear layer are seen through.

    Parameters
    ----------
    state_dict
        Tensors by name, on any device, the meta device included.

    Raises
    ------
    ModelError
        If none fits, naming the nearest one and the first differences; or if several do, naming them.

    Examples
    --------
    >>> from saliencekit.models import SmallCNN
    >>> recognise(SmallCNN(num_classes=2, width=8).state_dict())
    Recognition(arch='saliencekit:small-cnn?width=8', num_classes=2)
    """
    found, _ = identify(state_dict)
    return Recognition(str(found.spec), found.num_classes or 0)


def identify(
    state_dict: Mapping[str, Tensor], *, allow_missing: Sequence[str] = ()
) -> tuple[Fit, Mapping[str, Tensor]]:
    """Return the fit of the one architecture that fits, and the weights as they were read for it."""
    tried: list[Fit] = []
    for reading in readings(state_dict):
        shapes = {name: tuple(tensor.shape) for name, tensor in reading.items()}
        fits = _family_fits(shapes, allow_missing)
        good = [each for each in fits if each.good and each.num_classes]
        if len(good) > 1:
            names = ", ".join(str(each.spec) for each in good)
            raise ModelError(f"the weights fit several architectures: {names}; {SAY_ARCH}")
        if good:
            return good[0], reading
        tried += fits
    for reading in readings(state_dict):
        tried += _fits(_everything(), {name: tuple(tensor.shape) for name, tensor in reading.items()}, allow_missing)
    nearest = max(tried, key=lambda each: each.likeness)
    if not nearest.common:
        first = ", ".join(list(state_dict)[:3])
        raise ModelError(f"the weights resemble no architecture known here (they begin with {first}); {SAY_ARCH}")
    likely = f"nearest is {nearest.spec}, with {nearest.difference()}"
    raise ModelError(f"the weights fit no architecture known here; {likely}; {SAY_ARCH}")


def _family_fits(shapes: Mapping[str, Shape], allow_missing: Sequence[str]) -> list[Fit]:
    family = [
        spec
        for spec in _everything()
        if any(
            re.fullmatch(members, spec.name) and any(re.fullmatch(marker, name) for name in shapes)
            for marker, members in FAMILIES
        )
    ]
    return _fits(family, shapes, allow_missing)


def _fits(specs: Sequence[Spec], shapes: Mapping[str, Shape], allow_missing: Sequence[str]) -> list[Fit]:
    return [fit(variant(spec, shapes), shapes, allow_missing=allow_missing) for spec in specs]


def _everything() -> list[Spec]:
    return [Spec("saliencekit", name) for name in OWN] + [Spec("torchvision", name) for name in torchvision_names()]
