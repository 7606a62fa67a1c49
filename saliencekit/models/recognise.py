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
from .state_dict import mostly_peeled, readings
from .variants import variant

Match = tuple[Fit, Mapping[str, Tensor]]

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


def identify(state_dict: Mapping[str, Tensor], *, allow_missing: Sequence[str] = ()) -> Match:
    """Return the fit of the one architecture that fits, and the weights as they were read for it.

    Raises :class:`ModelError` as :func:`recognise` does.
    """
    found = quickly(state_dict, allow_missing=allow_missing)
    if found is not None:
        return found
    tried: list[Fit] = []
    for reading in readings(state_dict):
        fits = _fits(_everything(), shapes_of(reading), allow_missing)
        if good := _only(fits):
            return good, reading
        tried += fits
    tried += _fits(_everything(), shapes_of(mostly_peeled(state_dict)), allow_missing)
    nearest = max(tried, key=lambda each: each.likeness)
    if not nearest.common:
        first = ", ".join(list(state_dict)[:3])
        raise ModelError(f"the weights resemble no architecture known here (they begin with {first}); {SAY_ARCH}")
    likely = f"nearest is {nearest.spec}, with {nearest.difference()}"
    raise ModelError(f"the weights fit no architecture known here; {likely}; {SAY_ARCH}")


def quickly(state_dict: Mapping[str, Tensor], *, allow_missing: Sequence[str] = ()) -> Match | None:
    """Return the same, of the families whose marker is there alone; ``None`` if none of their members fits."""
    everything = _everything()
    for reading in readings(state_dict):
        shapes = shapes_of(reading)
        members = [members for marker, members in FAMILIES if any(re.fullmatch(marker, name) for name in shapes)]
        family = [spec for spec in everything if any(re.fullmatch(each, spec.name) for each in members)]
        if good := _only(_fits(family, shapes, allow_missing)):
            return good, reading
    return None


def shapes_of(state_dict: Mapping[str, Tensor]) -> dict[str, Shape]:
    """Return the shape of each tensor.

    >>> import torch
    >>> shapes_of({"weight": torch.zeros(2, 3)})
    {'weight': (2, 3)}
    """
    return {name: tuple(tensor.shape) for name, tensor in state_dict.items()}


def _only(fits: Sequence[Fit]) -> Fit | None:
    good = [each for each in fits if each.good and each.num_classes]
    if len(good) > 1:
        names = ", ".join(str(each.spec) for each in good)
        raise ModelError(f"the weights fit several architectures: {names}; {SAY_ARCH}")
    return good[0] if good else None


def _fits(specs: Sequence[Spec], shapes: Mapping[str, Shape], allow_missing: Sequence[str]) -> list[Fit]:
    return [fit(variant(spec, shapes), shapes, allow_missing=allow_missing) for spec in specs]


def _everything() -> list[Spec]:
    return [Spec("saliencekit", name) for name in OWN] + [Spec("torchvision", name) for name in torchvision_names()]
