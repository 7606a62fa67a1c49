"""The map that a loss looks at: the CAM where the network has one, else Grad-CAM."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from ..errors import ModelError
from ..extractors import CAM, Extractor, GradCAM
from .looking import evaluated


def explainer(model: nn.Module, images: Tensor, *, layer: str = "auto", salience: str = "auto") -> Extractor:
    """Return the extractor of a network's maps, tried on images; the network is as before.

    Grad-CAM is taken without its ReLU: where both are defined it is the CAM divided by the number of its cells, and
    no loss of this package sees the difference. Elsewhere it takes a second backward through what follows the layer.

    Parameters
    ----------
    model
        A classifier.
    images
        (N, C, H, W), of which two are looked at.
    layer
        The layer explained, or ``"auto"``.
    salience
        ``"cam"``, ``"grad-cam"``, or ``"auto"``: the CAM where pooling and one linear layer make the logits.

    Raises
    ------
    ModelError
        If the network has no such map.

    Examples
    --------
    >>> import torch
    >>> model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(72, 2))
    >>> type(explainer(model, torch.rand(2, 3, 8, 8))).__name__
    'GradCAM'
    """
    if salience != "grad-cam":
        try:
            return _tried(CAM(model, layer=layer), model, images)
        except ModelError:
            if salience == "cam":
                raise
    return _tried(GradCAM(model, layer=layer, relu=False), model, images)


@contextmanager
def twice_differentiable(extractor: Extractor) -> Iterator[None]:
    """Within, attention is computed in the one way that a map made of gradients can be trained through.

    >>> with twice_differentiable(CAM(nn.Identity())):  # which is made of none
    ...     pass
    """
    if not extractor.needs_gradient:
        yield
        return
    with sdpa_kernel(SDPBackend.MATH):
        yield


def _tried(extractor: Extractor, model: nn.Module, images: Tensor) -> Extractor:
    weight = next((each for each in model.parameters() if each.is_floating_point()), images)
    with evaluated(model):  # in train mode batch normalisation would wait for other processes, or refuse one image
        extractor(images[:2].to(weight.dtype))
    return extractor
