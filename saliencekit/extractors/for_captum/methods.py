"""captum's attributions for images: their names, what can be set about each, and what is set if nothing is said."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn

from ...errors import one_of

PREFIX = "captum:"
_OURS = frozenset(
    (
        *("self", "forward_func", "model", "layer", "device_ids", "attribution_method"),
        *("inputs", "target", "additional_forward_args", "kwargs"),
        *("return_convergence_delta", "custom_attribution_func", "show_progress", "verbose"),
    )
)
"""What is no setting of the user's."""


@dataclass(frozen=True)
class Method:
    """What is particular about one of captum's methods.

    Parameters
    ----------
    rewritten
        Nonlinear layers must be modules, each used once, for its hooks.
    layered
        It takes a layer.
    random
        It draws numbers.
    own_weights
        It writes into the weights.
    conserves
        The attributions of an image sum up to about its logit.
    tiled
        It is exact for max pooling that does not overlap.
    perturbs
        It tells by small differences of logits, which drown in the rounding of narrow numbers.
    """

    rewritten: bool = False
    layered: bool = False
    random: bool = False
    own_weights: bool = False
    conserves: bool = False
    tiled: bool = False
    perturbs: bool = False


METHODS: dict[str, Method] = {
    "Deconvolution": Method(rewritten=True),
    "DeepLift": Method(rewritten=True, tiled=True),
    "FeatureAblation": Method(perturbs=True),
    "GradientShap": Method(random=True),
    "GuidedBackprop": Method(rewritten=True),
    "GuidedGradCam": Method(rewritten=True, layered=True),
    "InputXGradient": Method(),
    "IntegratedGradients": Method(),
    "LRP": Method(rewritten=True, own_weights=True, conserves=True),
    "NoiseTunnel": Method(random=True),
    "Occlusion": Method(perturbs=True),
    "Saliency": Method(),
}
_BATCH = 32  # perturbed or interpolated images at a time
_CELLS = 14  # patches on a side, for what covers them one by one


def checked_method(name: str) -> Method:
    """Return what is known of the method that captum calls ``name``; captum is not imported.

    Raises
    ------
    UsageError
        If it is none of those that give maps of images; the sentence lists them.

    Examples
    --------
    >>> checked_method("Saliency").random
    False
    """
    return METHODS[one_of(name, METHODS, "attribution of captum")]


def check_settings(name: str, settings: Mapping[str, object]) -> None:
    """Raise :class:`UsageError` if captum's method knows no such setting; the sentence lists those it knows."""
    known = sorted(_parameters(name, "__init__") | _parameters(name, "attribute"))
    for word in settings:
        one_of(word, known, f"setting of captum's {name}")


def build(name: str, scored: nn.Module, layer: nn.Module | None, settings: Mapping[str, object]) -> Any:
    """Return captum's object for the network ``scored``."""
    import captum.attr

    cls = getattr(captum.attr, name)
    own = {word: value for word, value in settings.items() if word in _parameters(name, "__init__")}
    if name == "NoiseTunnel":
        return cls(captum.attr.Saliency(scored))
    return cls(scored, layer, **own) if layer is not None else cls(scored, **own)


def arguments(name: str, images: Tensor, settings: Mapping[str, object]) -> dict[str, object]:
    """Return the settings of a call on ``images``: those given, and defaults where captum has none that are of use."""
    given = {word: value for word, value in settings.items() if word in _parameters(name, "attribute")}
    return _defaults(name, images) | given


def _defaults(name: str, images: Tensor) -> dict[str, object]:
    channels, height, width = images.shape[1:]
    if name == "IntegratedGradients":
        return {"internal_batch_size": max(_BATCH, len(images))}
    if name == "GradientShap":
        return {"baselines": torch.zeros_like(images[:1])}
    if name == "Occlusion":
        window = channels, max(1, height // 8), max(1, width // 8)
        strides = channels, max(1, height // 16), max(1, width // 16)
        return {"sliding_window_shapes": window, "strides": strides, "perturbations_per_eval": _fitting(images)}
    if name == "FeatureAblation":
        return {"feature_mask": _patches(images), "perturbations_per_eval": _fitting(images)}
    return {}


def _fitting(images: Tensor) -> int:
    return max(1, _BATCH // len(images))


def _patches(images: Tensor) -> Tensor:
    """Return the number of the patch that each pixel is in, (1, 1, H, W), all channels alike."""
    rows, columns = (torch.arange(side) * min(_CELLS, side) // side for side in images.shape[2:])
    return (rows[:, None] * (int(columns[-1]) + 1) + columns)[None, None].to(images.device)


@cache
def _parameters(name: str, function: str) -> frozenset[str]:
    import captum.attr

    return frozenset(inspect.signature(getattr(getattr(captum.attr, name), function)).parameters) - _OURS
