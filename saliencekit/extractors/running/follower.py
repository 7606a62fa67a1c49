"""Every forward after the first: one or two hooks at the places that the first one found."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from torch import Tensor, nn

from ...errors import ModelError
from ..finding.parts import as_features, in_place_of, not_once, tensor_of
from ..finding.trace import HeadTrace
from .capture import Capture, Plan
from .tap import Tap


class Follower:
    """Keeps the tensor that ``plan`` explains during one forward."""

    def __init__(self, plan: Plan, *, begin: bool, whole: bool) -> None:
        self._plan = plan
        self._tap = Tap(begin=begin, whole=whole, snapshot=plan.snapshot, copy=plan.copy)
        self._trace = HeadTrace()
        self._head_ran = plan.head is None
        self._looking = False

    @property
    def cut(self) -> bool:
        """Whether the forward records a graph that its caller did not ask for."""
        return self._tap.cut

    def install(self, stack: ExitStack) -> None:
        """Watch until ``stack`` closes."""
        plan = self._plan
        if plan.head is not None:
            stack.callback(plan.head.module.register_forward_pre_hook(self._head).remove)
        if plan.site == "output":
            stack.callback(plan.module.register_forward_hook(self._output).remove)
        elif plan.site == "input":
            stack.callback(plan.module.register_forward_pre_hook(self._input, with_kwargs=True).remove)
        else:
            self._stack = stack
            stack.callback(plan.module.register_forward_hook(self._look).remove)

    def capture(self, logits: Tensor) -> Capture:
        """Return what the forward left, now that it is over and has given ``logits`` (N, K).

        Raises
        ------
        ModelError
            If the network has been rebuilt since the first forward, or went another way.
        """
        plan, features = self._plan, self._tap.features
        if plan.site == "pooling" and self._trace.kept:
            features = self._trace.kept[0].features
        if plan.snapshot and self._tap.runs != 1:
            raise not_once(plan.name, self._tap.runs)
        if features is None or not self._head_ran or not plan.layout.fits(features):
            raise ModelError(
                f"the model no longer runs as when layer {plan.name!r} was found: make a new extractor for it"
            )
        return Capture(plan, features, self._tap.source, logits)

    def _output(self, _: nn.Module, __: object, out: object) -> object:
        part = as_features(self._plan.name, out)
        return in_place_of(part, self._tap.take(part), out)

    def _input(self, _: nn.Module, args: Any, kwargs: Any) -> Any:
        part = tensor_of(args) if args else tensor_of(tuple(kwargs.values()))
        part = as_features(self._plan.name, part)
        return in_place_of(part, self._tap.take(part), (args, kwargs))

    def _head(self, *_: object) -> None:
        self._head_ran = True

    def _look(self, *_: object) -> None:
        if not self._looking:
            self._looking = True
            self._stack.enter_context(self._trace)
