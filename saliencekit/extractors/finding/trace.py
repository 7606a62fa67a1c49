"""How logits follow from features: read off one forward, function call by function call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from .head import Head, HeadModule, Link, is_mean, makes, module_of
from .layouts import Kind, cells_of
from .trails import Trail, version
from .unseen import unseen

_DROPOUTS = ("dropout", "dropout_", "dropout1d", "dropout2d", "dropout3d")
_COPIES = ("clone", "contiguous", "to", "type_as", "float", "double", "half", "bfloat16")


class Pooling(NamedTuple):
    """A global average pooling: what it saw, in which version and layout, what it gave, whether that is the mean."""

    features: Tensor
    version: int
    kind: Kind
    pooled: Trail
    proven: Tensor  # 0-d


@dataclass(frozen=True)
class Finding:
    """The head of a network and the tensor that it reads; ``before_pooling`` where it is a convolution before it."""

    head: Head
    features: Tensor
    before_pooling: bool


class HeadTrace(TorchFunctionMode):
    """Watches every function call of a forward: the last global average pooling, and the linear layer at it.

    Between pooling and linear layer, and behind it, only views, copies and dropout are let through: whatever else
    computes on the numbers breaks the trail, and no head is found.
    """

    _STEPS: ClassVar[dict[str, str]] = {
        **dict.fromkeys(("adaptive_avg_pool2d", "_adaptive_avg_pool2d", "avg_pool2d", "adaptive_avg_pool1d"), "_pool"),
        "mean": "_mean",
        **dict.fromkeys(("flatten", "view", "reshape"), "_flatten"),
        **dict.fromkeys(("linear", "conv1d", "conv2d", "conv3d"), "_product"),
        **dict.fromkeys(("relu", "relu_"), "_relu"),
        **dict.fromkeys((*_DROPOUTS, *_COPIES), "_copy"),
    }

    def __init__(self) -> None:
        super().__init__()
        self.here: object = None  # where the forward is: kept up by whoever also watches modules
        self.pooled_at: object = None  # where it was at the last pooling,
        self.mapped_at: object = None  # and at the last 1x1 convolution
        self.pooling: Pooling | None = None
        self.poolings = self.convolutions = 0
        self._outputs: list[tuple[Tensor, Trail]] = []  # weight and outputs of each linear layer behind the pooling
        self._half: tuple[Tensor, Tensor] | None = None  # features, and the same flattened or averaged on one axis
        self._conv: tuple[Tensor, Tensor] | None = None  # input and weight of the last 1x1 convolution
        self._classes = self._rectified = Trail()  # its output, and that behind a ReLU
        self._link: Link = "other"  # how what was pooled follows from that convolution

    def __torch_function__(
        self, func: Callable[..., Any], types: object, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Run ``func``, and follow it if it is one of those that matter."""
        settings = kwargs or {}
        step = self._STEPS.get(getattr(func, "__name__", "").partition(".")[0])
        given = args[0] if args else settings.get("input")
        if step is None or not isinstance(given, Tensor):
            return func(*args, **settings)
        with unseen():
            trails = self.holding(given)  # before it is written into
        result = func(*args, **settings)
        if isinstance(result, Tensor):
            with unseen():
                getattr(self, step)(given, result, trails, args[1:], settings)
        return result

    def finding(self, root: nn.Module, logits: Tensor) -> Finding | None:
        """Return the head that made ``logits`` (N, K) in the forward watched, or ``None`` if there is no such."""
        if self.pooling is None:
            return None
        features, since, _, pooled, proven = self.pooling
        for weight, trail in self._outputs:
            module = module_of(root, weight) if trail.holds(logits) else None
            if module is not None and version(features) == since and bool(proven):
                return Finding(Head(module, "linear"), features, before_pooling=False)
        if self._conv is not None and self._link != "other" and pooled.holds(logits):
            return self._convolution(module_of(root, self._conv[1]), logits, self._conv[0])
        return None

    def _convolution(self, module: HeadModule | None, logits: Tensor, features: Tensor) -> Finding | None:
        if module is None or not makes(head := Head(module, self._link), logits, features):
            return None
        return Finding(head, features, before_pooling=True)

    def holding(self, tensor: Tensor) -> list[Trail]:
        """Return the trails that ``tensor`` is on as it is now."""
        pooled = [self.pooling.pooled] if self.pooling is not None else []
        trails = [*pooled, self._classes, self._rectified, *(trail for _, trail in self._outputs)]
        return [trail for trail in trails if trail.holds(tensor)]

    def _pool(self, x: Tensor, out: Tensor, _: object, args: Any, settings: Mapping[str, Any]) -> None:
        size = args[0] if args else settings.get("output_size", settings.get("kernel_size"))
        size = (size, size) if isinstance(size, int) else tuple(size or ())
        # adaptive to one cell, or a window as large as the grid; padding and the like `is_mean` notices
        if x.dim() == 4 and out.shape[2:] == (1, 1) and size in ((1, 1), tuple(x.shape[2:])):
            self._take(x, out)
        elif x.dim() == 3 and out.shape[2:] == (1,):
            self._take(x, out, "token rows")

    def _mean(self, x: Tensor, out: Tensor, _: object, args: Any, settings: Mapping[str, Any]) -> None:
        axes = args[0] if args else settings.get("dim", settings.get("axis"))
        axes = axes if isinstance(axes, list | tuple) else (axes,)
        axes = {axis % x.dim() for axis in axes if isinstance(axis, int)}
        if x.dim() == 4 and axes == {2, 3}:
            self._take(x, out)
        elif x.dim() == 4 and axes in ({2}, {3}) and out.dim() == 3:
            self._half = (x, out)
        elif axes == {2} and self._half is not None and x is self._half[1]:
            self._take(self._half[0], out)
        elif x.dim() == 4 and axes == {1, 2}:
            self._take(x, out, "channels last")
        elif x.dim() == 3 and axes in ({1}, {2}):
            self._take(x, out, "tokens" if axes == {1} else "token rows")

    def _take(self, features: Tensor, out: Tensor, kind: Kind = "maps") -> None:
        linear, rectified = self._classes.holds(features), self._rectified.holds(features)
        self._link = "linear" if linear else "rectified" if rectified else "other"
        # looked at when the forward is over: what was pooled may be overwritten, and looking waits for the device
        proven = is_mean(out, cells_of(features, kind))
        self.pooling = Pooling(features, version(features), kind, Trail(out), proven)
        self._outputs = []
        self.poolings, self.pooled_at = self.poolings + 1, self.here

    def _flatten(self, x: Tensor, out: Tensor, *_: object) -> None:
        if x.dim() == 4 and out.shape == (*x.shape[:2], x.shape[2:].numel()):
            self._half = (x, out)

    def _product(self, x: Tensor, out: Tensor, trails: Any, args: Any, settings: Mapping[str, Any]) -> None:
        weight = args[0] if args else settings["weight"]
        self.convolutions += weight.dim() > 2
        pointwise = weight.dim() == 2 or (weight.shape[1:] == (x.shape[1], 1, 1) and out.shape[2:] == x.shape[2:])
        if pointwise and self.pooling is not None and self.pooling.pooled in trails:
            self._outputs.append((weight, Trail(out)))
        elif pointwise and weight.dim() == 4:
            self._conv, self._classes, self._rectified = (x, weight), Trail(out), Trail()
            self.mapped_at = self.here

    def _relu(self, _: object, out: Tensor, trails: Any, *__: object) -> None:
        if self._classes in trails:
            self._rectified = Trail(out)

    def _copy(self, _: object, out: Tensor, trails: Any, *__: object) -> None:
        for trail in trails:
            trail.add(out)
