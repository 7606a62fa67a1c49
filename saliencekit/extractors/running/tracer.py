"""The first forward: finds the layer to explain, and what makes logits of it, while the network runs as ever."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple, cast

from torch import Tensor, nn
from torch.utils._pytree import tree_leaves, tree_map_only

from ...errors import ModelError
from ..finding.attention import Attention, AttentionTrace
from ..finding.head import Head
from ..finding.layouts import CHANNELS_LAST, MAPS, Layout
from ..finding.parts import as_features, in_place_of, not_once, tensor_of
from ..finding.shapes import Shapes
from ..finding.stack import Running
from ..finding.trace import Finding, HeadTrace
from .capture import Capture, Plan
from .tap import Tap

_CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)
_PASSING = (nn.Identity, nn.modules.dropout._DropoutNd, nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d, nn.Softmax)

_NAME = "name an earlier layer, or another method"
_NO_LAYER = (
    "the model has no spatial layer: no module of it gives maps of shape (N, C, h, w), or tokens whose grid is known"
)


class _Place(NamedTuple):
    """Where a forward is: the last layer that finished with maps or tokens, and the last module of any kind."""

    name: str
    module: nn.Module
    tap: Tap | None
    finished: nn.Module
    layout: Layout = MAPS
    time: int = -1


class _Attended(NamedTuple):
    """The last attention: the layer whose tokens it was given, and the module that was given them."""

    place: _Place | None
    name: str
    module: nn.Module
    given: Tensor
    layout: Layout
    time: int


class Tracer:
    """Watches one whole forward, module by module and call by call, and says where later ones need a look.

    With no layer named, it is what global average pooling sees where a linear head follows. Elsewhere it is the last
    one to give maps (N, C, h, w), as in-place layers left it; or, where the network goes on with tokens (N, L, C)
    and reads its class token, what the last attention is given: behind it patches do not reach the class token.
    """

    def __init__(
        self, root: nn.Module, *, layer: str | None, gradient: bool, whole: bool, images: Tensor | None
    ) -> None:
        self._root, self._layer, self._gradient, self._whole = root, layer, gradient, whole
        self._size = None if images is None else (images.shape[2], images.shape[3])
        self._trace, self._shapes = HeadTrace(), Shapes(images)
        self._attention = AttentionTrace(self._shapes)
        self._running = Running(self._shapes)
        self._place = self._maps = self._tokens = _Place("", root, None, root)
        self._recent: list[_Place] = []  # layers of tokens since the last attention
        self._blocks: set[type[nn.Module]] = set()  # kinds of module in which there was attention
        self._lost = False  # whether a block of such a kind has begun, and has not attended so far
        self._last_attended: _Attended | None = None
        self._poolings = 0  # how many there had been when the last layer finished
        self._reaches = True  # whether patches of the layer named can still reach a class token
        self._strange = 0  # how many modules have given what may be tokens, but whose grid is not known
        self.layers: list[tuple[str, tuple[int, ...], int]] = []
        self.cut = False

    def install(self, stack: ExitStack) -> None:
        """Watch until ``stack`` closes."""
        self._trace.here = self._place
        for name, module in self._root.named_modules():
            if name and self._layer in (None, name):
                if self._layer is None:
                    started = partial(self._started, name)
                    stack.callback(module.register_forward_pre_hook(started, with_kwargs=True).remove)
                stack.callback(module.register_forward_hook(partial(self._finished, name)).remove)
        stack.enter_context(self._trace)
        stack.enter_context(self._attention.telling(self._attended))
        stack.enter_context(self._shapes)

    def capture(self, logits: Tensor) -> Capture:
        """Return what the forward left, now that it is over and has given ``logits`` (N, K).

        Raises
        ------
        ModelError
            If the layer named did not run once, or no layer of maps is found.
        """
        finding, layout = self._finding(logits)
        if self._layer is not None:
            return self._named(finding, logits)
        if finding is None:
            return self._last(logits)
        at = self._trace.mapped_at if finding.before_pooling else self._trace.pooled_at
        return self._headed(finding, layout, cast(_Place, at), logits)

    def _finding(self, logits: Tensor) -> tuple[Finding | None, Layout]:
        finding, pooling = self._trace.finding(self._root, logits), self._trace.pooling
        if finding is None or pooling is None or finding.before_pooling:
            return finding, MAPS
        if pooling.kind in ("maps", "channels last"):
            return finding, MAPS if pooling.kind == "maps" else CHANNELS_LAST
        layout = self._shapes.tokens(finding.features.shape[1 if pooling.kind == "tokens" else 2], pooling.kind)
        if layout is None or layout.dropped:  # a mean over class tokens too is not that of the maps
            return None, MAPS
        return finding, layout

    def _named(self, finding: Finding | None, logits: Tensor) -> Capture:
        name, tap = self._layer or "", self._place.tap
        if tap is None or tap.features is None or tap.given is None or tap.runs != 1:
            raise not_once(name, tap.runs if tap is not None else 0)
        head = None
        if finding is not None:
            same = tap.is_given(finding.features) and not tap.overwritten()
            head = finding.head if same else Head(finding.head.module, "other")
        layout = self._shapes.layout(tap.given)
        if layout is None and tap.given.dim() == 3:
            raise ModelError(
                f"layer {name!r} gives {tuple(tap.given.shape)}: on which grid such tokens lie cannot be told from the "
                "forward of the model, name a layer that gives maps of shape (N, C, h, w)"
            )
        if layout is None:
            last = self._trace.pooling is not None and self._trace.pooling.kind == "channels last"
            layout = CHANNELS_LAST if last else MAPS
        if self._gradient and not self._reaches and not self._trace.poolings and self._reads_no_patch(layout):
            raise ModelError(
                f"layer {name!r} is behind the last attention, where patches do not reach the class token that the "
                f"head reads: {_NAME}"
            )
        module = self._root.get_submodule(name)
        plan = Plan(name, "output", module, head, snapshot=True, copy=tap.overwritten())
        return Capture(self._laid_out(plan, layout), tap.features, tap.source, logits)

    def _headed(self, finding: Finding, layout: Layout, place: _Place, logits: Tensor) -> Capture:
        if place.tap is None:
            raise ModelError(_NO_LAYER)
        if finding.before_pooling:
            plan = Plan(place.name, "input", finding.head.module, finding.head)
        elif place.tap.is_given(finding.features):
            plan = Plan(place.name, "output", place.module, finding.head)
        else:
            plan = Plan(place.name, "pooling", place.finished, finding.head)
        return Capture(self._laid_out(plan, layout), finding.features, None, logits)

    def _last(self, logits: Tensor) -> Capture:
        attended, place = self._last_attended, self._maps
        if attended is not None and attended.time > max(place.time, self._tokens.time):
            return self._given_to(attended, logits)
        if self._tokens.time > place.time:
            if attended is not None and self._attention.read:
                return self._given_to(attended, logits)
            place = self._tokens
            if self._lost and self._attention.read:
                raise ModelError(f"the last block of the model does not attend to patches as others do: {_NAME}")
        if place.tap is None or place.tap.features is None or not (self._trace.convolutions or place.layout.tokens):
            raise ModelError(_NO_LAYER)
        if self._strange > len(self.layers):
            raise ModelError(
                f"after {place.name!r} the model works on tokens (N, L, C), and on which grid they lie cannot be told "
                "from its forward: name a layer that gives maps of shape (N, C, h, w)"
            )
        return self._output_of(place, logits)

    def _given_to(self, attended: _Attended, logits: Tensor) -> Capture:
        if attended.place is not None and attended.place.tap is not None:
            return self._output_of(attended.place, logits)
        plan = Plan(attended.name, "input", attended.module, None)
        return Capture(self._laid_out(plan, attended.layout), attended.given, attended.given, logits)

    def _output_of(self, place: _Place, logits: Tensor) -> Capture:
        tap = cast(Tap, place.tap)
        plan = Plan(place.name, "output", place.module, None)
        return Capture(self._laid_out(plan, place.layout), cast(Tensor, tap.features), tap.source, logits)

    def _laid_out(self, plan: Plan, layout: Layout) -> Plan:
        return replace(plan, layout=layout, size=self._size if layout.tokens else None)

    def _started(self, name: str, module: nn.Module, args: Any, kwargs: Any) -> Any:
        self._running.start(name, module, args, kwargs)
        if type(module) not in self._blocks or not self._running.on_tokens:
            return None
        # attention will follow, so that what came before is not needed: no more than two blocks are saved
        self._last_attended, self._lost = None, True
        if self._whole or not self._gradient:
            return None
        leaves = {id(each): each for each in tree_leaves((args, kwargs)) if isinstance(each, Tensor)}
        begun = {place: self._begin_anew(each) for place, each in leaves.items()}  # one may be given twice
        return tree_map_only(Tensor, lambda each: begun[id(each)], (args, kwargs))

    def _begin_anew(self, given: Tensor) -> Tensor:
        """Return ``given`` without what made it; if it is the last layer's, gradients are taken by it from here on."""
        place = self._tokens
        if place.tap is None or not place.tap.is_given(given):
            return given.detach()
        tap = Tap(gradient=True, whole=False, snapshot=False, copy=False)
        anew = self._kept(tap, given)
        self._recent = [each._replace(tap=tap) if each.tap is place.tap else each for each in self._recent]
        self._tokens = place._replace(tap=tap)
        if self._place.tap is place.tap:
            self._place = self._place._replace(tap=tap)
        return anew

    def _finished(self, name: str, module: nn.Module, _: object, out: object) -> object:
        inside = self._running.finish(module)
        part, given = tensor_of(out), None
        if self._layer is None and part is not out:  # of several tensors none is chosen unasked
            part = None
        if self._layer is not None:
            given = self._take(name, module, as_features(name, out), MAPS)
        elif part is not None and (layout := self._maps_in(module, part, inside=inside)) is not None:
            self.layers.append((name, tuple(layout.maps(part).shape), layout.dropped if layout.tokens else 0))
            if layout.tokens or not inside:
                given = self._take(name, module, part, layout)
        self._strange += part is not None and part.dim() == 3 and self._shapes.layout(part) is None
        self._place = self._trace.here = self._place._replace(finished=module)
        return None if given is None or part is None else in_place_of(part, given, out)

    def _maps_in(self, module: nn.Module, out: Tensor, *, inside: bool) -> Layout | None:
        """Return how ``out`` is laid out if it is maps or tokens; ``inside`` what works on tokens, heads look alike."""
        if isinstance(module, _PASSING) or not out.is_floating_point() or out.dim() not in (3, 4):
            return None
        if inside and out.dim() == 4 and not self._shapes.descends(out):
            return None
        layout = self._shapes.layout(out)
        if layout is None or layout.kind == "token rows":
            return None
        # single cells count until something was pooled: behind it they are what was pooled, not maps
        cells = layout.maps(out).shape[2:].numel()
        return layout if cells > 1 or self._trace.poolings == self._poolings else None

    def _take(self, name: str, module: nn.Module, out: Tensor, layout: Layout) -> Tensor:
        snapshot = self._layer is not None
        tap = self._place.tap if snapshot else None
        self._reaches = not snapshot
        whole = self._whole or (layout.tokens and out.requires_grad)
        tap = tap or Tap(gradient=self._gradient, whole=whole, snapshot=snapshot, copy=snapshot)
        given = self._kept(tap, out)
        self._poolings, self._strange = self._trace.poolings, 0
        self._place = _Place(name, module, tap, module, layout, self._running.time)
        if layout.tokens:
            self._tokens = self._place
            self._recent.append(self._place)
        else:
            self._maps = self._place
        return given

    def _kept(self, tap: Tap, out: Tensor) -> Tensor:
        trails = self._trace.holding(out)
        given = tap.take(out)
        for trail in trails:  # a cut counts as a write, though it changes no number
            trail.add(given)
        self._shapes.same(given, out)
        self.cut |= tap.cut
        return given

    def _reads_no_patch(self, layout: Layout) -> bool:
        patches = range(layout.first, layout.first + layout.length - layout.dropped)
        return (
            layout.tokens and bool(self._attention.read) and not any(each in patches for each in self._attention.read)
        )

    def _note_block(self, layer: str, attention: str) -> None:
        """Note what kind of module holds a layer and the attention that was given its tokens."""
        parent = layer.rpartition(".")[0]
        block = self._root.get_submodule(parent)
        if parent and attention.startswith(f"{parent}.") and not isinstance(block, _CONTAINERS):
            self._blocks.add(type(block))

    def _attended(self, _: Attention) -> None:
        self._reaches = True
        if self._layer is not None or (found := self._running.innermost()) is None:
            return
        name, module, given = found
        layout = self._shapes.layout(given)
        if layout is not None:
            place = self._origin(name, given) if layout.tokens else self._maps
            self._last_attended = _Attended(place, name, module, given, layout, self._running.time)
            self._recent, self._lost = [], False

    def _origin(self, name: str, given: Tensor) -> _Place | None:
        """Return the layer whose tokens the module ``name`` was given, or else the last one before it."""
        before = [each for each in self._recent if not each.name.startswith(f"{name}.")]
        for place in reversed(before):
            if place.tap is not None and place.tap.is_given(given):
                self._note_block(place.name, name)
                return place
        return before[-1] if before else None
