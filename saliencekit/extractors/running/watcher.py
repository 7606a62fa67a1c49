"""The hooks on a network while an extractor looks on: what is switched on before a forward is off after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_map_only

from ...errors import ModelError, UsageError
from ..finding.outputs import as_logits, pick_logits
from .capture import Capture, Plan
from .follower import Follower
from .guards import outside_inference, twice_differentiable
from .rerun import Rerun, images_in, running_again
from .tracer import Tracer

_alone: ContextVar[Watcher | None] = ContextVar("saliencekit_watcher_alone", default=None)
_stale: list[ExitStack] = []  # kept, since they would switch modes when they are freed


class Observer(Protocol):
    """Looks on at one forward: :class:`Tracer`, :class:`Follower`, or an extractor's own."""

    @property
    def cut(self) -> bool:
        """Whether the forward records a graph that its caller did not ask for."""

    def install(self, stack: ExitStack) -> None:
        """Watch until ``stack`` closes."""

    def capture(self, logits: Tensor) -> Capture:
        """Return what the forward left, now that it is over and has given ``logits`` (N, K)."""


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
        self._observer: Observer | None = None
        self._hooks, self._guard = ExitStack(), ExitStack()
        self._records = False
        self._capture: Capture | ModelError | UsageError | None = None
        self.layers: list[tuple[str, tuple[int, ...], int]] = []

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch every forward of the network within this block."""
        before = self._root.register_forward_pre_hook(self._before, with_kwargs=True)
        after = self._root.register_forward_hook(self._after, always_call=True)
        try:
            with self.settled():
                yield
        finally:
            before.remove()
            after.remove()
            self._capture = self._rerun = None

    @contextmanager
    def settled(self) -> Iterator[None]:
        """Leave no forward half watched behind this block, if it was interrupted (which runs no hook)."""
        recording, inferring = torch.is_grad_enabled(), torch.is_inference_mode_enabled()
        try:
            yield
        finally:
            if self._observer is not None:
                self._drop(inferring)
                torch.set_grad_enabled(recording)

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
        if self._observer is not None:
            self._drop(torch.is_inference_mode_enabled())
        images, recording = images_in(args, kwargs), torch.is_grad_enabled()
        self._capture, self._records = None, recording
        self._rerun = Rerun.of(root, args, kwargs, self._output) if self._images else None
        plan = self._plan(images)
        if self._observe is None and (plan is None or (self._gradient and not plan.closed)):
            self._guard.enter_context(outside_inference())
            args, kwargs = tree_map_only(Tensor, _usable, (args, kwargs))
        whole = recording or len(self._watchers()) > 1
        observer: Observer
        if self._observe is not None:
            observer = self._observe(root, images)
        elif plan is None:
            observer = Tracer(root, layer=self._layer, gradient=self._gradient, whole=whole, images=images)
        else:
            observer = Follower(plan, gradient=self._gradient, whole=whole)
        self._observer = observer
        if recording and self._gradient and not (plan is not None and plan.closed):
            self._hooks.enter_context(twice_differentiable())
        observer.install(self._hooks)
        return args, kwargs

    def _after(self, root: nn.Module, args: object, outputs: object) -> object:
        observer, self._observer = self._observer, None
        if observer is None:  # another extractor's forward
            return None
        self._hooks.close()
        self._guard.close()  # also what a cut switched: gradients are recorded as before
        if outputs is None:  # it failed
            return None
        try:
            capture = observer.capture(as_logits(pick_logits(outputs, self._output)))
            self._capture = replace(capture, rerun=self._rerun)
        except (ModelError, UsageError) as fault:  # told when maps are asked for: the forward is the caller's
            self._capture = fault
        else:
            self._plans[root.training] = capture.plan
        if isinstance(observer, Tracer):
            self.layers = observer.layers
        watchers = self._watchers()
        if self._records or not (observer.cut or len(watchers) > 1) or watchers[-1] is not self:
            return None
        return tree_map_only(Tensor, Tensor.detach, outputs)  # the caller asked for no graph

    def _plan(self, images: Tensor | None) -> Plan | None:
        """Return where to look, if that is known: the grid of tokens is that of images of one size alone."""
        plan = self._plans.get(self._root.training)
        if plan is None or plan.size is None or (images is not None and plan.size == tuple(images.shape[2:])):
            return plan
        return None

    def _watchers(self) -> list[Watcher]:
        """All that watch this forward, in the order in which they are told that it is over."""
        if _alone.get() is self:
            return [self]
        owners = [getattr(hook, "__self__", None) for hook in self._root._forward_hooks.values()]
        return [owner for owner in owners if isinstance(owner, Watcher)]

    def _drop(self, inferring: bool) -> None:
        self._observer = None
        self._hooks.close()
        if torch.is_inference_mode_enabled() != inferring:
            self._guard.close()
        else:  # the mode it would go back to has been left by the caller already
            _stale.append(self._guard.pop_all())


def _usable(tensor: Tensor) -> Tensor:
    """Return ``tensor`` or, if inference mode made it, a copy that can be saved for a backward."""
    return tensor.clone() if tensor.is_inference() else tensor
