"""The first forward: finds the layer to explain, and what makes logits of it, while the network runs as ever."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from typing import Any

from torch import Tensor, nn
from torch.utils._pytree import tree_leaves, tree_map_only

from ..finding.attention import Attention, AttentionTrace
from ..finding.layouts import MAPS, Layout
from ..finding.parts import as_features, in_place_of, tensor_of
from ..finding.shapes import Shapes
from ..finding.stack import Running
from ..finding.trace import HeadTrace
from .capture import Capture
from .choosing import Choice
from .course import Course, Place
from .tap import Tap

_PASSING = (nn.Identity, nn.modules.dropout._DropoutNd, nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d, nn.Softmax)


class Tracer:
    """Watches one whole forward, module by module and call by call, and says where later ones need a look.

    With no layer named, it is what global average pooling sees where a linear head follows. Elsewhere it is the last
    one to give maps (N, C, h, w), as in-place layers left it; or, where the network goes on with tokens (N, L, C)
    and reads its class token, what the last attention is given: behind it patches do not reach the class token.

    Parameters
    ----------
    root
        The network, without wrappers.
    layer
        Name of the layer explained, ``None`` to find it.
    gradient
        Whether gradients by the layer will be asked for.
    begin, whole
        As in :class:`~saliencekit.extractors.running.tap.Tap`.
    images
        What the network is given, (N, C, H, W), if it is given any.
    """

    def __init__(
        self, root: nn.Module, *, layer: str | None, gradient: bool, begin: bool, whole: bool, images: Tensor | None
    ) -> None:
        self._root, self._layer, self._gradient, self._begin, self._whole = root, layer, gradient, begin, whole
        self._size = None if images is None else (images.shape[2], images.shape[3])
        self._trace, self._shapes = HeadTrace(), Shapes(images)
        self._attention = AttentionTrace(self._shapes)
        self._running, self._course = Running(self._shapes), Course(root, self._shapes)
        self._poolings = 0  # how many there had been when the last layer finished
        self._reaches = True  # whether patches of the layer named can still reach a class token
        self.cut = False

    @property
    def layers(self) -> list[tuple[str, tuple[int, ...], int]]:
        """Name, shape of the maps and number of tokens that are no patches, of every layer that finished."""
        return self._course.layers

    def install(self, stack: ExitStack) -> None:
        """Watch until ``stack`` closes."""
        self._trace.here = self._course.place
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
        choice = Choice(self._root, self._size, logits, self._trace, self._shapes, self._attention, self._course)
        if self._layer is None:
            return choice.found()
        return choice.named(self._layer, behind=self._gradient and not self._reaches)

    def _started(self, name: str, module: nn.Module, args: Any, kwargs: Any) -> Any:
        self._running.start(name, module, args, kwargs)
        if not self._running.on_tokens or not self._course.begins_block(module) or self._whole or not self._begin:
            return None
        # attention will follow, so that what came before is not needed: no more than two blocks are saved
        leaves = {id(each): each for each in tree_leaves((args, kwargs)) if isinstance(each, Tensor)}
        begun = {place: self._begin_anew(each) for place, each in leaves.items()}  # one may be given twice
        return tree_map_only(Tensor, lambda each: begun[id(each)], (args, kwargs))

    def _begin_anew(self, given: Tensor) -> Tensor:
        """Return ``given`` without what made it; if it is the last layer's, gradients are taken by it from here on."""
        last = self._course.tokens.tap
        if last is None or not last.is_given(given):
            return given.detach()
        tap = Tap(begin=True, whole=False, snapshot=False, copy=False)
        anew = self._kept(tap, given)
        self._course.retake(tap)
        return anew

    def _finished(self, name: str, module: nn.Module, _: object, out: object) -> object:
        inside = self._running.finish(module)
        part, given = tensor_of(out), None
        if self._layer is None and part is not out:  # of several tensors none is chosen unasked
            part = None
        if self._layer is not None:
            given = self._take(name, module, as_features(name, out), MAPS)
        elif part is not None and (layout := self._maps_in(module, part, inside=inside)) is not None:
            self._course.layers.append((name, tuple(layout.maps(part).shape), layout.dropped if layout.tokens else 0))
            if layout.tokens or not inside:
                given = self._take(name, module, part, layout)
        self._course.strange += part is not None and part.dim() == 3 and self._shapes.layout(part) is None
        self._course.place = self._trace.here = self._course.place._replace(finished=module)
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
        tap = self._course.place.tap if snapshot else None
        self._reaches = not snapshot
        whole = self._whole or (layout.tokens and out.requires_grad)
        tap = tap or Tap(begin=self._begin, whole=whole, snapshot=snapshot, copy=snapshot)
        given = self._kept(tap, out)
        self._poolings = self._trace.poolings
        self._course.take(Place(name, module, tap, module, layout, self._running.time))
        return given

    def _kept(self, tap: Tap, out: Tensor) -> Tensor:
        trails = self._trace.holding(out)
        given = tap.take(out)
        for trail in trails:  # a cut counts as a write, though it changes no number
            trail.add(given)
        self._shapes.same(given, out)
        self.cut |= tap.cut
        return given

    def _attended(self, _: Attention) -> None:
        self._reaches = True
        if self._layer is None and (found := self._running.innermost()) is not None:
            self._course.attend(*found, self._running.time)
