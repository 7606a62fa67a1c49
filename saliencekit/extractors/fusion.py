"""Maps of several layers as one: each to unit range, on the largest grid, then mean, maximum or product."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any, Self

import torch
from torch import Tensor, nn

from ..errors import UsageError, one_of
from ..functional.fusion import FUSIONS, Fusion, fuse_maps
from ..functional.logits import Target
from .base import Extractor
from .finding.modules import unwrap
from .running.given import check_images
from .running.guards import eager, outside_inference, untouched
from .running.rerun import images_in
from .running.watcher import Watcher


class FusedExtractor:
    """Several extractors of one model, whose maps become one; one forward gives them all.

    Each map is brought to unit range, since layers have units of their own, then bilinearly to the largest grid, and
    the mean, the maximum or the product of each cell is taken. A flat map is all zeros: it lowers a mean and empties
    a product.

    Parameters
    ----------
    model
        The model that all of them explain.
    extractors
        At least one; of different layers, methods, or both.
    fuse
        ``"mean"`` (wherever any layer looks, weighted alike), ``"max"`` (wherever one looks), ``"product"`` (only
        where all look).

    Examples
    --------
    >>> from saliencekit.extractors import GradCAM
    >>> model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 8, 3, 2), nn.Flatten(), nn.Linear(72, 2))
    >>> extract = fused_layers(GradCAM, model, ["1", "2"])
    >>> extract(torch.rand(4, 3, 9, 9)).shape, extract.layer_name
    (torch.Size([4, 7, 7]), '1+2')
    """

    def __init__(self, model: nn.Module, extractors: Sequence[Extractor], *, fuse: Fusion = "mean") -> None:
        if not extractors:
            raise UsageError("expected at least one extractor to fuse")
        self._model, self._root = model, unwrap(model)
        self._extractors = tuple(extractors)
        one_of(fuse, FUSIONS, "fusion")
        self._fuse: Fusion = fuse
        self._entered: ExitStack | None = None

    def __call__(
        self, images: Tensor | tuple[Any, ...], target: Target = "predicted", labels: Tensor | None = None
    ) -> Tensor:
        """Return the fused maps of ``images``.

        Parameters
        ----------
        images, target, labels
            As for a call of :class:`Extractor`.

        Returns
        -------
        Tensor
            (N, h, w), float32 (float64 for a float64 model), in [0, 1], detached.

        Raises
        ------
        InputError, ModelError
            As for :class:`Extractor`.
        """
        given = images if isinstance(images, tuple) else (images,)
        seen = check_images(images_in(given, {}) if isinstance(images, tuple) else images)
        if len(self._extractors) == 1 or self._entered is not None or self._watched():
            return self._fused([each(images, target, labels) for each in self._extractors])
        with ExitStack() as stack:
            stack.enter_context(eager(self._model))
            stack.enter_context(untouched(self._root, seen.device))
            stack.enter_context(torch.no_grad())
            for each in self._extractors:
                stack.enter_context(each)
            self._root(*given)
            return self._fused([each.maps(target, labels).detach() for each in self._extractors])

    def maps(self, target: Target = "predicted", labels: Tensor | None = None) -> Tensor:
        """Return the fused maps of the last forward inside the ``with`` block; as trainable as those they are made of.

        Parameters, returns and errors are those of :meth:`Extractor.maps`.
        """
        return self._fused([each.maps(target, labels) for each in self._extractors])

    @property
    def layer_name(self) -> str:
        """Names of the layers explained in the last call, joined by ``+``."""
        return "+".join(each.layer_name for each in self._extractors)

    @property
    def logits(self) -> Tensor:
        """Logits of the last call, (N, K), detached."""
        return self._extractors[0].logits

    @property
    def target(self) -> Tensor:
        """Class explained in the last call, LongTensor (N,)."""
        return self._extractors[0].target

    def __enter__(self) -> Self:
        """Watch the forwards of the model until the block ends."""
        if self._entered is not None:
            raise UsageError("this FusedExtractor has been entered already: make a second one")
        with ExitStack() as stack:
            for each in self._extractors:
                stack.enter_context(each)
            self._entered = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop watching; an exception of the block goes on to the caller."""
        if self._entered is not None:
            stack, self._entered = self._entered, None
            stack.close()

    def _fused(self, maps: list[Tensor]) -> Tensor:
        with outside_inference():
            return fuse_maps(maps, fuse=self._fuse)

    def _watched(self) -> bool:
        """Return whether another extractor watches the model, and must not take our forward for its caller's."""
        owners = (getattr(hook, "__self__", None) for hook in self._root._forward_hooks.values())
        return any(isinstance(owner, Watcher) for owner in owners)


def fused_layers(
    method: type[Extractor],
    model: nn.Module,
    layers: Sequence[str | nn.Module],
    *,
    fuse: Fusion = "mean",
    output: str | int | None = None,
) -> FusedExtractor:
    """Return one extractor that fuses the maps that ``method`` makes of several layers.

    Parameters
    ----------
    method
        An extractor's class.
    model, output
        As for :class:`Extractor`.
    layers
        Their names, or the modules.
    fuse
        As for :class:`FusedExtractor`.

    Examples
    --------
    >>> from saliencekit.extractors import LayerCAM
    >>> model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 8, 3, 2), nn.Flatten(), nn.Linear(72, 2))
    >>> fused_layers(LayerCAM, model, ["0", "2"], fuse="max")(torch.rand(1, 3, 9, 9)).shape
    torch.Size([1, 7, 7])
    """
    return FusedExtractor(model, [method(model, layer, output=output) for layer in layers], fuse=fuse)
