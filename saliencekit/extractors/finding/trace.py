"""How logits follow from features: read off one forward, function call by function call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from .head import Head, Link, is_mean, makes, module_of
from .layouts import Kind, cells_of
from .trails import Trail, version
from .unseen import unseen

_DROPOUTS = ("dropout", "dropout_", "dropout1d", "dropout2d", "dropout3d")
_COPIES = ("clone", "contiguous", "to", "type_as", "float", "double", "half", "bfloat16")


class Convolution(NamedTuple):
    """A 1x1 convolution: its input and weight, and where the forward was."""

    features: Tensor
    weight: Tensor
    at: object


class Pooling(NamedTuple):
    """A global average pooling: what it saw, in which version and layout, what it gave, whether that is the mean."""

    features: Tensor
    version: int
    kind: Kind
    pooled: Trail
    proven: Tensor  # 0-d
    at: object  # where the forward was
    outputs: list[tuple[Tensor, Trail]]  # weight and outputs of each linear layer behind it
    link: Link  # how what was pooled follows from the last 1x1 convolution
    convolution: Convolution | None


@dataclass(frozen=True)
class Finding:
    """The head of a network, the tensor that it reads, in its layout, and where the forward was.

    ``before_pooling`` where it is a convolution before it.
    """

    head: Head
    features: Tensor
    kind: Kind
    at: object
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
        self.poolings = self.convolutions = 0
        self.kept: list[Pooling] = []  # the last pooling, and before it the last that a linear layer has read
        self._half: tuple[Tensor, Tensor] | None = None  # features, and the same flattened or averaged on one axis
        self._convolution: Convolution | None = None  # the last one
        self._classes = self._rectified = Trail()  # its output, and that behind a ReLU

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
        for pooling in reversed(self.kept):
            for weight, trail in pooling.outputs:
                module = module_of(root, weight) if trail.holds(logits) else None
                if module is not None and version(pooling.features) == pooling.version and bool(pooling.proven):
                    head = Head(module, "linear")
                    return Finding(head, pooling.features, pooling.kind, pooling.at, before_pooling=False)
            if pooling.link != "other" and pooling.pooled.holds(logits):
                return self._before(pooling, root, logits)
        return None

    def _before(self, pooling: Pooling, root: nn.Module, logits: Tensor) -> Finding | None:
        convolution = pooling.convolution
        module = None if convolution is None else module_of(root, convolution.weight)
        if convolution is None or module is None:
            return None
        head = Head(module, pooling.link)
        if not makes(head, logits, convolution.features):
            return None
        return Finding(head, convolution.features, "maps", convolution.at, before_pooling=True)

    def holding(self, tensor: Tensor) -> list[Trail]:
        """Return the trails that ``tensor`` is on as it is now."""
        trails = [self._classes, self._rectified]
        for pooling in self.kept:
            trails += [pooling.pooled, *(trail for _, trail in pooling.outputs)]
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
        link: Link = "linear" if linear else "rectified" if rectified else "other"
        # looked at when the forward is over: what was pooled may be overwritten, and looking waits for the device
        proven = is_mean(out, cells_of(features, kind))
        since = version(features)
        pooling = Pooling(features, since, kind, Trail(out), proven, self.here, [], link, self._convolution)
        self.kept = [*[each for each in self.kept if each.outputs][-1:], pooling]
        self.poolings += 1

    def _flatten(self, x: Tensor, out: Tensor, *_: object) -> None:
        if x.dim() == 4 and out.shape == (*x.shape[:2], x.shape[2:].numel()):
            self._half = (x, out)

    def _product(self, x: Tensor, out: Tensor, trails: Any, args: Any, settings: Mapping[str, Any]) -> None:
        weight = args[0] if args else settings["weight"]
        self.convolutions += weight.dim() > 2
        pointwise = weight.dim() == 2 or (weight.shape[1:] == (x.shape[1], 1, 1) and out.shape[2:] == x.shape[2:])
        read = [each for each in self.kept if each.pooled in trails] if pointwise else []
        for pooling in read:
            pooling.outputs.append((weight, Trail(out)))
        if pointwise and not read and weight.dim() == 4:
            self._convolution, self._classes = Convolution(x, weight, self.here), Trail(out)
            self._rectified = Trail()

    def _relu(self, _: object, out: Tensor, trails: Any, *__: object) -> None:
        if self._classes in trails:
            self._rectified = Trail(out)

    def _copy(self, _: object, out: Tensor, trails: Any, *__: object) -> None:
        for trail in trails:
            trail.add(out)
