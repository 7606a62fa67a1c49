"""One forward that is watched: what is switched on before it is off after it, also if it is interrupted."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Protocol

import torch
from torch import Tensor

from .capture import Capture
from .guards import outside_inference, twice_differentiable

_stale: list[ExitStack] = []  # kept, since they would switch modes when they are freed


class Observer(Protocol):
    """Looks on at one forward: ``Tracer``, ``Follower``, or an extractor's own."""

    @property
    def cut(self) -> bool:
        """Whether the forward records a graph that its caller did not ask for."""

    def install(self, stack: ExitStack) -> None:
        """Watch until ``stack`` closes."""

    def capture(self, logits: Tensor) -> Capture:
        """Return what the forward left, now that it is over and has given ``logits`` (N, K)."""


class Forward:
    """At most one forward at a time, and whoever looks on at it."""

    def __init__(self) -> None:
        self._observer: Observer | None = None
        self._hooks, self._guard = ExitStack(), ExitStack()
        self._handled: BaseException | None = None  # what was being handled when it began
        self.records = False  # whether the caller records gradients

    def begin(self, observer: Observer, *, twice: bool) -> None:
        """Let ``observer`` look on from here; ``twice`` where the gradient itself may be differentiated."""
        self._observer, self.records = observer, torch.is_grad_enabled()
        self._handled = sys.exception()
        if twice:
            self._hooks.enter_context(twice_differentiable())
        observer.install(self._hooks)

    def leave_inference(self) -> None:
        """Leave inference mode until the forward is over."""
        self._guard.enter_context(outside_inference())

    def close(self) -> None:
        """Switch off what was switched on, now that the forward is over; twice does nothing."""
        self._hooks.close()
        self._guard.close()  # also what a cut switched: gradients are recorded as before

    def end(self) -> Observer | None:
        """Return who looked on at the forward, which is over; ``None`` if nobody did, or it failed."""
        self.close()
        observer, self._observer = self._observer, None
        handled, self._handled = self._handled, None
        return observer if sys.exception() is handled else None  # torch tells of a failed one while it handles that

    @contextmanager
    def settled(self) -> Iterator[None]:
        """Leave no forward half watched behind this block, if it was interrupted (which runs no hook)."""
        recording, inferring = torch.is_grad_enabled(), torch.is_inference_mode_enabled()
        try:
            yield
        finally:
            if self.drop(inferring=inferring):
                torch.set_grad_enabled(recording)

    def drop(self, *, inferring: bool) -> bool:
        """Forget a forward that never ended, and return whether there was one.

        ``inferring`` says whether inference mode was on around it.
        """
        if self._observer is None:
            return False
        self._observer = self._handled = None
        self._hooks.close()
        if torch.is_inference_mode_enabled() != inferring:
            self._guard.close()
        else:  # the mode it would go back to has been left by the caller already
            _stale.append(self._guard.pop_all())
        return True
