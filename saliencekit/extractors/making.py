"""An extractor for a word of the command line, whatever kind of extractor that is."""

from __future__ import annotations

from typing import Protocol, Self

from torch import Tensor, nn

from ..errors import UsageError
from ..functional.logits import Target
from . import EXTRACTORS, extractor_class
from .base import Extractor
from .captum_extractor import CaptumExtractor
from .for_captum.methods import METHODS, PREFIX, checked_method
from .fusion import fused_layers


class MakesMaps(Protocol):
    """What :class:`~saliencekit.extractors.Extractor`, ``FusedExtractor`` and ``CaptumExtractor`` have in common."""

    def __call__(self, images: Tensor, target: Target = "predicted", labels: Tensor | None = None) -> Tensor:
        """Return the maps (N, h, w) of ``images``."""
        ...

    def maps(self, target: Target = "predicted", labels: Tensor | None = None) -> Tensor:
        """Return the maps of the last forward inside the ``with`` block."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    @property
    def layer_name(self) -> str:
        """Where the maps are of."""
        ...

    @property
    def logits(self) -> Tensor:
        """Logits of the last call, (N, K)."""
        ...

    @property
    def target(self) -> Tensor:
        """Class explained in the last call, (N,)."""
        ...


def salience_words() -> tuple[str, ...]:
    """Return every word that :func:`make_extractor` takes.

    >>> salience_words()[:2], salience_words()[-1]
    (('cam', 'grad-cam'), 'captum:Saliency')
    """
    return (*EXTRACTORS, *(f"{PREFIX}{name}" for name in METHODS))


def check_word(word: str) -> str:
    """Return ``word`` if it is one of :func:`salience_words`, else raise :class:`UsageError` that lists them."""
    if word.startswith(PREFIX):
        checked_method(word.removeprefix(PREFIX))
    elif word not in EXTRACTORS:
        try:
            extractor_class(word)
        except UsageError as error:
            raise UsageError(f"{error}; or {PREFIX}NAME, NAME one of {', '.join(METHODS)}") from error
    return word


def make_extractor(word: str, model: nn.Module, layer: str = "auto", *, output: str | int | None = None) -> MakesMaps:
    """Return the extractor that the command line calls ``word``, for ``model``.

    Parameters
    ----------
    word
        ``"grad-cam"``, ``"captum:IntegratedGradients"``, ...: see :func:`salience_words`.
    model, output
        As for :class:`~saliencekit.extractors.Extractor`.
    layer
        A name, several joined by ``+``, whose maps are fused by their mean, or ``"auto"``. Methods that explain the
        images have none, and leave it aside.

    Raises
    ------
    UsageError
        If there is no such word.
    ModelError
        If the model has no such layer.

    Examples
    --------
    >>> model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 2))
    >>> type(make_extractor("grad-cam", model, "0")), type(make_extractor("grad-cam", model, "0+1"))
    (<class 'saliencekit.extractors.grad_cam.GradCAM'>, <class 'saliencekit.extractors.fusion.FusedExtractor'>)
    """
    check_word(word)
    if word.startswith(PREFIX):
        name = word.removeprefix(PREFIX)
        layered = METHODS[name].layered
        return CaptumExtractor(model, name, layer if layered else "auto", output=output)
    method: type[Extractor] = extractor_class(word)
    names = layer.split("+")
    return fused_layers(method, model, names, output=output) if len(names) > 1 else method(model, layer, output=output)
