"""Which tensor is explained, now that the first forward is over: the layer named, or the one that tells most."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

from torch import Tensor, nn

from ...errors import ModelError
from ..finding.attention import AttentionTrace
from ..finding.head import Head
from ..finding.layouts import CHANNELS_LAST, MAPS, Layout
from ..finding.parts import not_once
from ..finding.shapes import Shapes
from ..finding.trace import Finding, HeadTrace
from .capture import Capture, Plan
from .course import Attended, Course, Place
from .tap import Tap

_NAME = "name an earlier layer, or another method"
_NO_LAYER = (
    "the model has no spatial layer: no module of it gives maps of shape (N, C, h, w), or tokens whose grid is known"
)


@dataclass(frozen=True)
class Choice:
    """What is known of a forward of ``root`` on images of ``size`` (H, W) that has given ``logits`` (N, K)."""

    root: nn.Module
    size: tuple[int, int] | None
    logits: Tensor
    trace: HeadTrace
    shapes: Shapes
    attention: AttentionTrace
    course: Course

    def found(self) -> Capture:
        """Return what the layer that is found left: see :class:`~saliencekit.extractors.running.tracer.Tracer`.

        Raises
        ------
        ModelError
            If no layer of maps is found.
        """
        finding, layout = self._head()
        if finding is None:
            return self._last()
        place = cast(Place, finding.at)
        if place.tap is None:
            raise ModelError(_NO_LAYER)
        if finding.before_pooling:
            plan = Plan(place.name, "input", finding.head.module, finding.head)
        elif place.tap.is_given(finding.features):
            plan = Plan(place.name, "output", place.module, finding.head)
        else:
            plan = Plan(place.name, "pooling", place.finished, finding.head)
        return Capture(self._laid_out(plan, layout), finding.features, None, self.logits)

    def named(self, name: str, *, behind: bool) -> Capture:
        """Return what the layer ``name`` left; ``behind`` if gradients are asked for, and no attention followed it.

        Raises
        ------
        ModelError
            If it did not run once, or gives neither maps nor tokens on a grid, or its gradient is none.
        """
        finding, tap = self._head()[0], self.course.place.tap
        if tap is None or tap.features is None or tap.given is None or tap.runs != 1:
            raise not_once(name, tap.runs if tap is not None else 0)
        head = None
        if finding is not None:
            same = tap.is_given(finding.features) and not tap.overwritten()
            head = finding.head if same else Head(finding.head.module, "other")
        layout = self._layout_of(name, tap.given)
        if behind and not self.trace.poolings and self._reads_no_patch(layout):
            raise ModelError(
                f"layer {name!r} is behind the last attention, where patches do not reach the class token that the "
                f"head reads: {_NAME}"
            )
        plan = Plan(name, "output", self.root.get_submodule(name), head, snapshot=True, copy=tap.overwritten())
        return Capture(self._laid_out(plan, layout), tap.features, tap.source, self.logits)

    def _head(self) -> tuple[Finding | None, Layout]:
        finding = self.trace.finding(self.root, self.logits)
        if finding is None or finding.kind in ("maps", "channels last"):
            return finding, MAPS if finding is None or finding.kind == "maps" else CHANNELS_LAST
        layout = self.shapes.tokens(finding.features.shape[1 if finding.kind == "tokens" else 2], finding.kind)
        if layout is None or layout.dropped:  # a mean over class tokens too is not that of the maps
            return None, MAPS
        return finding, layout

    def _layout_of(self, name: str, given: Tensor) -> Layout:
        layout = self.shapes.layout(given)
        if layout is None and given.dim() == 3:
            raise ModelError(
                f"layer {name!r} gives {tuple(given.shape)}: on which grid such tokens lie cannot be told from the "
                "forward of the model, name a layer that gives maps of shape (N, C, h, w)"
            )
        if layout is None:
            return CHANNELS_LAST if any(each.kind == "channels last" for each in self.trace.kept) else MAPS
        return layout

    def _last(self) -> Capture:
        course = self.course
        attended, place = course.attended, course.maps
        if attended is not None and attended.time > max(place.time, course.tokens.time):
            return self._given_to(attended)
        if course.tokens.time > place.time:
            if attended is not None and self.attention.read:
                return self._given_to(attended)
            place = course.tokens
            if course.lost and self.attention.read:
                raise ModelError(f"the last block of the model does not attend to patches as others do: {_NAME}")
        if place.tap is None or place.tap.features is None or not (self.trace.convolutions or place.layout.tokens):
            raise ModelError(_NO_LAYER)
        if course.strange > len(course.layers):
            raise ModelError(
                f"after {place.name!r} the model works on tokens (N, L, C), and on which grid they lie cannot be told "
                "from its forward: name a layer that gives maps of shape (N, C, h, w)"
            )
        return self._output_of(place)

    def _given_to(self, attended: Attended) -> Capture:
        if attended.place is not None and attended.place.tap is not None:
            return self._output_of(attended.place)
        plan = Plan(attended.name, "input", attended.module, None)
        return Capture(self._laid_out(plan, attended.layout), attended.given, attended.given, self.logits)

    def _output_of(self, place: Place) -> Capture:
        tap = cast(Tap, place.tap)
        plan = Plan(place.name, "output", place.module, None)
        return Capture(self._laid_out(plan, place.layout), cast(Tensor, tap.features), tap.source, self.logits)

    def _laid_out(self, plan: Plan, layout: Layout) -> Plan:
        return replace(plan, layout=layout, size=self.size if layout.tokens else None)

    def _reads_no_patch(self, layout: Layout) -> bool:
        patches = range(layout.first, layout.first + layout.length - layout.dropped)
        read = self.attention.read
        return layout.tokens and bool(read) and not any(each in patches for each in read)
