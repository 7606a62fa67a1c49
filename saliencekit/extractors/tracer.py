"""The first forward: finds the layer to explain, and what makes logits of it, while the network runs as ever."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from typing import NamedTuple, cast

from torch import Tensor, nn

from ..errors import ModelError
from .capture import Capture, Plan
from .head import Head
from .tap import Tap
from .trace import Finding, HeadTrace

_PASSING = (nn.Identity, nn.modules.dropout._DropoutNd, nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d)

_NO_LAYER = "the model has no spatial layer: no module of it gives maps of shape (N, C, h, w)"


class _Place(NamedTuple):
    """Where a forward is: the last layer of maps that finished, its tensor, and the last module of any kind."""

    name: str
    module: nn.Module
    tap: Tap | None
    finished: nn.Module


class Tracer:
    """Watches one whole forward, module by module and call by call, and says where later ones need a look.

    With no layer named, it is the last one to give maps (N, C, h, w): what global average pooling sees where a
    linear head follows, else the output of the last module, as in-place layers left it.
    """

    def __init__(self, root: nn.Module, *, layer: str | None, gradient: bool, whole: bool) -> None:
        self._root, self._layer, self._gradient, self._whole = root, layer, gradient, whole
        self._trace = HeadTrace()
        self._place = _Place("", root, None, root)
        self._poolings = 0  # how many there had been when the last layer finished
        self._tokens = 0  # how many modules have given tokens since
        self.layers: list[tuple[str, tuple[int, ...]]] = []
        self.cut = False

    def install(self, stack: ExitStack) -> None:
        """Watch until ``stack`` closes."""
        self._trace.here = self._place
        for name, module in self._root.named_modules():
            if name and self._layer in (None, name):
                stack.callback(module.register_forward_hook(partial(self._finished, name)).remove)
        stack.enter_context(self._trace)

    def capture(self, logits: Tensor) -> Capture:
        """Return what the forward left, now that it is over and has given ``logits`` (N, K).

        Raises
        ------
        ModelError
            If the layer named did not run once, or no layer of maps is found.
        """
        finding = self._trace.finding(self._root, logits)
        if self._layer is not None:
            return self._named(finding, logits)
        if finding is None:
            return self._last(logits)
        at = self._trace.mapped_at if finding.before_pooling else self._trace.pooled_at
        return self._headed(finding, cast(_Place, at), logits)

    def _named(self, finding: Finding | None, logits: Tensor) -> Capture:
        tap = self._place.tap
        module = self._root.get_submodule(self._layer or "")
        if tap is None or tap.features is None or tap.runs != 1:
            raise not_once(self._layer or "", tap.runs if tap is not None else 0)
        head = None
        if finding is not None:
            same = tap.is_given(finding.features) and not tap.overwritten()
            head = finding.head if same else Head(finding.head.module, "other")
        plan = Plan(
            self._layer or "",
            "output",
            module,
            head,
            snapshot=True,
            copy=tap.overwritten(),
            channels_last=self._channels_last(module),
        )
        return Capture(plan, tap.features, tap.source, logits)

    def _headed(self, finding: Finding, place: _Place, logits: Tensor) -> Capture:
        if place.tap is None:
            raise ModelError(_NO_LAYER)
        if finding.before_pooling:
            plan = Plan(place.name, "input", finding.head.module, finding.head)
        elif place.tap.is_given(finding.features):
            plan = Plan(place.name, "output", place.module, finding.head, channels_last=self._channels_last())
        else:
            plan = Plan(place.name, "pooling", place.finished, finding.head, channels_last=self._channels_last())
        return Capture(plan, finding.features, None, logits)

    def _last(self, logits: Tensor) -> Capture:
        place = self._place
        if place.tap is None or place.tap.features is None or not self._trace.convolutions:
            raise ModelError(_NO_LAYER)
        if self._tokens > len(self.layers):
            raise ModelError(
                f"after {place.name!r} the model works on tokens (N, L, C), which have no maps of shape (N, C, h, w): "
                "name a later layer that gives maps"
            )
        plan = Plan(place.name, "output", place.module, None, channels_last=self._channels_last(place.module))
        return Capture(plan, place.tap.features, place.tap.source, logits)

    def _channels_last(self, module: nn.Module | None = None) -> bool:
        # convolutions and batch norms are not, in networks that otherwise are
        usual = isinstance(module, nn.Conv2d | nn.BatchNorm2d)
        return not usual and self._trace.pooling is not None and self._trace.pooling.channels_last

    def _finished(self, name: str, module: nn.Module, args: object, out: object) -> Tensor | None:
        del args
        given = None
        if self._layer is not None or self._gives_maps(module, out):
            given = self._take(name, module, out)
        self._tokens += isinstance(out, Tensor) and out.dim() == 3
        self._place = self._trace.here = self._place._replace(finished=module)
        return given

    def _gives_maps(self, module: nn.Module, out: object) -> bool:
        if not isinstance(out, Tensor) or out.dim() != 4 or not out.is_floating_point():
            return False
        # single cells count until something was pooled: behind it they are what was pooled, not maps
        cells = out.shape[2:].numel()
        return not isinstance(module, _PASSING) and (cells > 1 or self._trace.poolings == self._poolings)

    def _take(self, name: str, module: nn.Module, out: object) -> Tensor:
        maps = as_maps(name, out)
        snapshot = self._layer is not None
        tap = self._place.tap if snapshot else None
        tap = tap or Tap(gradient=self._gradient, whole=self._whole, snapshot=snapshot, copy=snapshot)
        trails = self._trace.holding(maps)
        given = tap.take(maps)
        for trail in trails:  # a cut counts as a write, though it changes no number
            trail.add(given)
        self.cut |= tap.cut
        self.layers.append((name, tuple(maps.shape)))
        self._poolings, self._tokens = self._trace.poolings, 0
        self._place = _Place(name, module, tap, module)
        return given


def as_maps(name: str, out: object) -> Tensor:
    """Return what a layer gave if it is maps (N, C, h, w), else raise :class:`~saliencekit.errors.ModelError`."""
    if isinstance(out, Tensor) and out.dim() == 4 and out.is_floating_point():
        return out
    got = tuple(out.shape) if isinstance(out, Tensor) else type(out).__name__
    raise ModelError(f"expected layer {name!r} to give maps of shape (N, C, h, w), got {got}")


def not_once(name: str, runs: int) -> ModelError:
    """Return the error for a layer that ran another number of times than once."""
    if runs == 0:
        return ModelError(f"layer {name!r} did not run when the model did: name another layer")
    return ModelError(f"layer {name!r} ran {runs} times in one forward, so which maps to explain is open: name another")
