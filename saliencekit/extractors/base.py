"""What every extractor is: a model and a layer, called on images, or entered around the caller's own forward."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import ExitStack
from typing import Any, ClassVar, Self

import torch
from torch import Tensor, nn

from ..errors import ModelError, UsageError
from ..functional.logits import Target, resolve_target
from .finding.modules import resolve_layer, unwrap
from .running.capture import Capture
from .running.given import check_images
from .running.guards import eager, outside_inference, untouched
from .running.rerun import images_in
from .running.watcher import Watcher


class Extractor(ABC):
    """Makes salience maps of a model, and leaves no trace on it.

    Called on images, it runs the model once, without gradients, and returns their maps; mode, gradients, hooks,
    buffers, random state and autocast are as before afterwards, also after an exception. Entered with ``with``, it
    watches the caller's own forward, and :meth:`maps` makes maps of that, which can be trained on.

    Parameters
    ----------
    model
        A classifier of images. Wrappers (``DataParallel``, DDP, ``torch.compile``) are looked into; what is compiled
        runs uncompiled while it is watched.
    layer
        Name as in ``model.named_modules()``, or the module itself: its output is explained, as it was before any
        in-place layer after it. ``"auto"`` explains what global average pooling sees, if a linear head follows
        (behind DenseNet's last ReLU); else, where the head reads a class token, the tokens that the last attention
        is given, since behind it patches do not reach the class token; else the output of the last module that gives
        maps or patch tokens, as in-place layers left it. Found in the first forward, whatever the size and the
        channels of the images. Tokens are put back on their grid, without class, distillation and register tokens.
    output
        Where the logits are in what the model returns, if that is no tensor: a key, an attribute or a place.

    Notes
    -----
    To add an extractor: give it a ``word`` for the command line, say whether it ``needs_gradient``, and write
    :meth:`salience`. One that ``needs_images`` finds ``capture.rerun``, which runs the model again on others.
    """

    word: ClassVar[str]
    needs_gradient: ClassVar[bool]
    needs_images: ClassVar[bool] = False

    def __init__(self, model: nn.Module, layer: str | nn.Module = "auto", *, output: str | int | None = None) -> None:
        self._model, self._root = model, unwrap(model)
        self._watcher = Watcher(
            self._root,
            layer=resolve_layer(self._root, layer),
            gradient=self.needs_gradient,
            output=output,
            images=self.needs_images,
        )
        self._entered: ExitStack | None = None
        self._checked = False
        self._last: tuple[str, Tensor, Tensor] | None = None

    @abstractmethod
    def salience(self, capture: Capture, target: Tensor, *, keep_graph: bool) -> Tensor:
        """Return raw maps (N, h, w) of the classes ``target`` (N,) out of what a forward left."""

    def __call__(
        self, images: Tensor | tuple[Any, ...], target: Target = "predicted", labels: Tensor | None = None
    ) -> Tensor:
        """Return the maps of ``images``, in one forward of the model (Score-CAM takes more).

        Parameters
        ----------
        images
            (N, C, H, W), as the model takes them, on its device; or a tuple of all that the model is called with,
            the images among it.
        target
            Class explained: ``"predicted"``, ``"label"``, a class for all, a LongTensor (N,), or a function of the
            logits.
        labels
            True classes (N,), for ``"label"``.

        Returns
        -------
        Tensor
            (N, h, w), float32 (float64 for a float64 model), raw, detached, on the model's device.

        Raises
        ------
        InputError
            If ``images``, ``target`` or ``labels`` are at fault.
        ModelError
            If the model cannot be explained in this way.
        """
        given = images if isinstance(images, tuple) else (images,)
        seen = check_images(images_in(given, {}) if isinstance(images, tuple) else images)
        with ExitStack() as stack:
            stack.enter_context(eager(self._model))
            stack.enter_context(self._watcher.alone())
            stack.enter_context(untouched(self._root, seen.device))
            stack.enter_context(torch.no_grad())
            watch = self._watcher.watching if self._entered is None else self._watcher.settled
            stack.enter_context(watch())
            self._root(*given)
            maps = self.maps(target, labels)
        if len(maps) != len(seen):
            raise ModelError(f"expected the model to give logits for {len(seen)} images, got {len(maps)}")
        return maps

    def maps(self, target: Target = "predicted", labels: Tensor | None = None) -> Tensor:
        """Return the maps of the last forward inside the ``with`` block; may be asked for again, of another class.

        They can be differentiated, by the head and by what comes before the layer, where the forward was, unless the
        extractor says that its maps are detached.

        Parameters
        ----------
        target, labels
            As for a call.

        Returns
        -------
        Tensor
            (N, h, w), float32 (float64 for a float64 model), raw.

        Raises
        ------
        UsageError
            If no forward has run.
        InputError
            If ``target`` or ``labels`` are at fault.
        ModelError
            If the model cannot be explained in this way.
        """
        capture = self._watcher.capture()
        if len(capture.kept) != len(capture.logits):
            raise ModelError(
                f"expected layer {capture.plan.name!r} to give maps for {len(capture.logits)} images, "
                f"got {len(capture.kept)}"
            )
        with outside_inference():
            logits = capture.logits.detach()
            explained = resolve_target(logits, target, labels)
            explained = explained.clone() if explained.is_inference() else explained
            maps = self.salience(capture, explained, keep_graph=self._entered is not None)
            self._last = capture.plan.name, logits.to(maps.dtype), explained
        if not self._checked:
            self._check_finite(maps, logits)
        return maps

    @property
    def layer_name(self) -> str:
        """Name of the layer explained in the last call, as in ``named_modules()`` of the model without wrappers."""
        return self._of_last()[0]

    @property
    def logits(self) -> Tensor:
        """Logits of the last call, (N, K), detached, in the dtype of the maps."""
        return self._of_last()[1]

    @property
    def target(self) -> Tensor:
        """Class explained in the last call, LongTensor (N,)."""
        return self._of_last()[2]

    def __enter__(self) -> Self:
        """Watch the forwards of the model until the block ends."""
        if self._entered is not None:
            raise UsageError(f"this {type(self).__name__} has been entered already: make a second one")
        with ExitStack() as stack:
            stack.enter_context(eager(self._model))
            stack.enter_context(self._watcher.watching())
            self._entered = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop watching; an exception of the block goes on to the caller."""
        if self._entered is not None:
            stack, self._entered = self._entered, None
            stack.close()

    def _of_last(self) -> tuple[str, Tensor, Tensor]:
        if self._last is None:
            raise UsageError(f"this {type(self).__name__} has explained nothing yet: call it on images first")
        return self._last

    def _check_finite(self, maps: Tensor, logits: Tensor) -> None:
        # once for each extractor, since looking waits for the device; single maps are the measures' to count
        finite = maps.isfinite().flatten(1).all(1) & logits.isfinite().all(1)
        if not bool(finite.any()):
            raise ModelError(
                "no logits and map of the model are finite numbers: look for NaN or infinity in its weights and images"
            )
        self._checked = True
