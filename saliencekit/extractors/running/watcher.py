"""The hooks on a network while an extractor looks on: what is switched on before a forward is off after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_map_only

from ...errors import ModelError, UsageError
from ..finding.outputs import as_logits, pick_logits
from .capture import Capture, Plan
from .follower import Follower
from .forward import Forward, Observer
from .guards import outside_inference
from .rerun import Rerun, images_in, running_again
from .tracer import Tracer

_alone: ContextVar[Watcher | None] = ContextVar("saliencekit_watcher_alone", default=None)


class Watcher:
    """Turns each forward of ``root`` into a :class:`~saliencekit.extractors.running.capture.Capture`.

    The first forward is traced, and one more if the network changes between train and eval mode, or tokens come of
    images of another size; later ones are hooked only where they need to be.

    Parameters
    ----------
    root
        The network, without wrappers.
    layer
        Name of the layer explained, ``None`` to find it.
    gradient
        Whether gradients by the layer will be asked for.
    output
        Where the logits are in what the network returns.
    images
        Whether the network is to be run again on what it was given.
    observe
        Makes what is to look on at every forward, out of ``root`` and the images; ``None`` for the usual.
    """

    def __init__(
        self,
        root: nn.Module,
        *,
        layer: str | None,
        gradient: bool,
        output: str | int | None,
        images: bool = False,
        observe: Callable[[nn.Module, Tensor | None], Observer] | None = None,
    ) -> None:
        self._root, self._layer, self._gradient, self._output = root, layer, gradient, output
        self._images, self._observe = images, observe
        self._rerun: Rerun | None = None
        self._plans: dict[bool, Plan] = {}
        self._forward = Forward()
        self._capture: Capture | ModelError | UsageError | None = None
        self.layers: list[tuple[str, tuple[int, ...], int]] = []

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch every forward of the network within this block."""
        before = self._root.register_forward_pre_hook(self._before, with_kwargs=True)
        after = self._root.register_forward_hook(self._after, with_kwargs=True, always_call=True)
        try:
            with self.settled():
                yield
        finally:
            before.remove()
            after.remove()
            self._capture = self._rerun = None

    def settled(self) -> AbstractContextManager[None]:
        """Leave no forward half watched behind this block, if it was interrupted (which runs no hook)."""
        return self._forward.settled()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Let other extractors that watch the same network pay no attention within this block."""
        token = _alone.set(self)
        try:
            yield
        finally:
            _alone.reset(token)

    def capture(self) -> Capture:
        """Return what the last forward left.

        Raises
        ------
        ModelError
            If it could not be explained.
        UsageError
            If there was none.
        """
        if isinstance(self._capture, Capture):
            return self._capture
        raise self._capture or UsageError(
            "there is no forward to explain: run the model on images first, inside the `with` block of the extractor "
            "(and give the extractor the compiled model, if it is compiled)"
        )

    def _before(self, root: nn.Module, args: Any, kwargs: Any) -> tuple[Any, Any] | None:
        if _alone.get() not in (None, self) or running_again():
            return None
        if root is not self._root:
            raise ModelError("DataParallel runs copies of the model that cannot be watched: use one device or DDP")
        watchers, inferring = self._watchers(), torch.is_inference_mode_enabled()
        for each in reversed(watchers if watchers[0] is self else []):  # what was interrupted, before this one begins
            each._forward.drop(inferring=inferring)
        self._capture, images = None, images_in(args, kwargs)
        self._rerun = Rerun.of(root, args, kwargs, self._output) if self._images else None
        recording = torch.is_grad_enabled()
        # whoever comes first begins a graph for all, so that all keep one tensor
        begin = any(each._needs_graph(images) for each in watchers)
        if self._observe is None and (self._plan(images) is None or begin):
            self._forward.leave_inference()
            args, kwargs = tree_map_only(Tensor, _usable, (args, kwargs))
        observer = self._observer(images, begin=begin, whole=recording or len(watchers) > 1)
        self._forward.begin(observer, twice=recording and self._needs_graph(images))
        return args, kwargs

    def _after(self, root: nn.Module, args: Any, kwargs: Any, outputs: object) -> object:
        for each in reversed(self._watchers()):  # what was switched on last goes off first
            each._forward.close()
        observer = self._forward.end()
        if observer is None:  # another extractor's forward, or it failed
            return None
        try:
            capture = observer.capture(self._logits_in(outputs, images_in(args, kwargs)))
            self._capture = replace(capture, rerun=self._rerun)
        except (ModelError, UsageError) as fault:  # told when maps are asked for: the forward is the caller's
            self._capture = fault
        else:
            self._plans[root.training] = capture.plan
        if isinstance(observer, Tracer):
            self.layers = observer.layers
        watchers = self._watchers()
        if self._forward.records or not (observer.cut or len(watchers) > 1) or watchers[-1] is not self:
            return None
        return tree_map_only(Tensor, Tensor.detach, outputs)  # the caller asked for no graph

    def _logits_in(self, outputs: object, images: Tensor | None) -> Tensor:
        """Return the logits (N, K), as differentiable as the network made them, whatever mode its caller is in."""
        with outside_inference(), torch.enable_grad():
            raw = pick_logits(outputs, self._output)
            return as_logits(raw, count=None if images is None else len(images))

    def _plan(self, images: Tensor | None) -> Plan | None:
        """Return where to look, if that is known: the grid of tokens is that of images of one size alone."""
        plan = self._plans.get(self._root.training)
        if plan is None or plan.size is None or (images is not None and plan.size == tuple(images.shape[2:])):
            return plan
        return None

    def _observer(self, images: Tensor | None, *, begin: bool, whole: bool) -> Observer:
        if self._observe is not None:
            return self._observe(self._root, images)
        plan = self._plan(images)
        if plan is not None:
            return Follower(plan, begin=begin, whole=whole)
        return Tracer(self._root, layer=self._layer, gradient=self._gradient, begin=begin, whole=whole, images=images)

    def _needs_graph(self, images: Tensor | None) -> bool:
        plan = self._plan(images)
        return self._gradient and not (plan is not None and plan.closed)

    def _watchers(self) -> list[Watcher]:
        """All that watch this forward, in the order in which they are told that it is over."""
        if _alone.get() is self:
            return [self]
        owners = [getattr(hook, "__self__", None) for hook in self._root._forward_hooks.values()]
        return [owner for owner in owners if isinstance(owner, Watcher)]


def _usable(tensor: Tensor) -> Tensor:
    """Return ``tensor`` or, if inference mode made it, a copy that can be saved for a backward."""
    return tensor.clone() if tensor.is_inference() else tensor
