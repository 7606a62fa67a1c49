"""captum's attributions behind the call of every other extractor: images in, maps (N, H, W) out."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from types import MappingProxyType
from typing import Literal, NoReturn

import torch
from torch import Tensor, nn

from ..errors import ModelError, UsageError, one_of
from ..functional.logits import Target, resolve_target
from .finding.modules import resolve_layer, unwrap
from .for_captum.attributing import attribute
from .for_captum.methods import PREFIX, check_settings, checked_method
from .for_captum.scored import Scored
from .for_captum.stand_in import stand_in
from .layers import find_layer
from .running.given import check_images
from .running.guards import eager, outside_inference, untouched
from .running.rerun import Rerun

CHANNELS = ("sum", "magnitude")


class CaptumExtractor:
    """Any of captum's attributions of images, by captum's own code; captum is imported when one is made.

    Maps are as large as the images: the attributions of a pixel's channels are summed. captum works on a copy of
    the model that shares its weights, so that the model is left alone, also after an exception. On the copy, layers
    in place are put out of place, and for the methods that hook nonlinear layers (DeepLift, GuidedBackprop,
    Deconvolution, GuidedGradCam, LRP), ReLU, sigmoid and tanh called as functions become modules, and modules used
    several times become several. The copy is in the mode that the model is in. Maps are detached.

    Parameters
    ----------
    model
        A classifier of images, as for :class:`~saliencekit.extractors.Extractor`.
    method
        captum's name: Deconvolution, DeepLift, FeatureAblation, GradientShap, GuidedBackprop, GuidedGradCam,
        InputXGradient, IntegratedGradients, LRP, NoiseTunnel (of Saliency: SmoothGrad), Occlusion or Saliency.
    layer
        For GuidedGradCam; the others explain the images.
    settings
        Of captum's method, by captum's names.
    channels
        ``"sum"`` adds the channels with their signs, ``"magnitude"`` without.
    seed
        Of methods that draw numbers (GradientShap, NoiseTunnel): the same for every image, one image at a time.
    output
        Where the logits are in what the model returns.

    References
    ----------
    Kokhlikyan et al., "Captum: a unified and generic model interpretability library for PyTorch", 2020,
    arXiv:2009.07896. Papers of the methods: ``docs/extractors/captum.md``.

    Examples
    --------
    >>> model = nn.Sequential(nn.Flatten(), nn.Linear(12, 2))
    >>> extract = CaptumExtractor(model, "IntegratedGradients", settings={"n_steps": 20})
    >>> extract(torch.rand(4, 3, 2, 2), target=1).shape, extract.layer_name
    (torch.Size([4, 2, 2]), 'input')
    """

    def __init__(
        self,
        model: nn.Module,
        method: str,
        layer: str | nn.Module = "auto",
        *,
        settings: Mapping[str, object] = MappingProxyType({}),
        channels: Literal["sum", "magnitude"] = "sum",
        seed: int = 0,
        output: str | int | None = None,
    ) -> None:
        self._model, self._root, self._output = model, unwrap(model), output
        self._known, self._method = checked_method(method), method
        if not self._known.layered and layer != "auto":
            raise UsageError(f"captum's {method} explains the images: it takes no layer, drop {layer!r}")
        self._layer = resolve_layer(self._root, layer)
        self._settings = MappingProxyType(dict(settings))
        check_settings(method, settings)
        self._channels, self._seed = one_of(channels, CHANNELS, "sum of channels"), seed
        self._last: tuple[str, Tensor, Tensor] | None = None

    @property
    def word(self) -> str:
        """What the command line calls it."""
        return f"{PREFIX}{self._method}"

    def __call__(self, images: Tensor, target: Target = "predicted", labels: Tensor | None = None) -> Tensor:
        """Return the maps of ``images``, in as many forwards and backwards as the method takes.

        Parameters
        ----------
        images
            (N, C, H, W), as the model takes them, on its device.
        target, labels
            As for a call of :class:`~saliencekit.extractors.Extractor`; of a head of one logit, class 0 is explained
            by the logit with its sign changed.

        Returns
        -------
        Tensor
            (N, H, W), float32 (float64 for a float64 model), raw, detached, on the model's device.

        Raises
        ------
        InputError
            If ``images``, ``target`` or ``labels`` are at fault.
        ModelError
            If captum cannot explain the model in this way, or nothing it gives is a finite number.
        """
        check_images(images)
        name = self._layer_of(images)
        scored = Scored(stand_in(self._root, own_weights=self._known.own_weights), self._output)
        with ExitStack() as stack:
            stack.enter_context(outside_inference())
            stack.enter_context(Rerun.of(self._root, (images,), {}, self._output).running())
            stack.enter_context(eager(self._model))
            stack.enter_context(untouched(scored, images.device))
            logits = scored.logits(images)
            if len(logits) != len(images):
                raise ModelError(f"expected the model to give logits for {len(images)} images, got {len(logits)}")
            explained = resolve_target(logits, target, labels)
            if self._known.rewritten or self._known.perturbs:  # hooks change the dtype
                stack.enter_context(torch.autocast(images.device.type, enabled=False))
            attributions = attribute(
                self._method, scored, images, explained, layer=name, settings=self._settings, seed=self._seed
            )
            maps = attributions.sum(1) if self._channels == "sum" else attributions.abs().sum(1)
        if not bool((maps.isfinite().flatten(1).all(1) & logits.isfinite().all(1)).any()):
            raise ModelError(
                f"no logits and attribution of captum's {self._method} are finite numbers: look for NaN or infinity in "
                "the model's weights and images"
            )
        maps = maps.to(torch.float64 if logits.dtype == torch.float64 else torch.float32)
        self._last = name or "input", logits.to(maps.dtype), explained
        return maps

    def maps(self, target: Target = "predicted", labels: Tensor | None = None) -> NoReturn:
        """Raise :class:`UsageError`: there is no forward of the caller's to make maps of."""
        del target, labels
        raise UsageError(
            f"captum's {self._method} runs forwards of its own and cannot reuse yours: call it on the images instead"
        )

    def __enter__(self) -> NoReturn:
        """Raise :class:`UsageError`, as :meth:`maps` does."""
        self.maps()

    def __exit__(self, *_: object) -> None:
        """Nothing was entered."""

    @property
    def layer_name(self) -> str:
        """``"input"``; the layer's name for GuidedGradCam."""
        return self._of_last()[0]

    @property
    def logits(self) -> Tensor:
        """Logits of the last call, (N, K), detached."""
        return self._of_last()[1]

    @property
    def target(self) -> Tensor:
        """Class explained in the last call, LongTensor (N,)."""
        return self._of_last()[2]

    def _of_last(self) -> tuple[str, Tensor, Tensor]:
        if self._last is None:
            raise UsageError("this CaptumExtractor has explained nothing yet: call it on images first")
        return self._last

    def _layer_of(self, images: Tensor) -> str | None:
        if self._known.layered and self._layer is None:
            return find_layer(self._model, images, output=self._output)
        return self._layer
