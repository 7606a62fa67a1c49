"""Where one forward attends, and from which tokens it reads afterwards: seen call by call, fused kernels included."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from ...functional._checks import as_float, full_precision
from .shapes import Shapes
from .unseen import unseen

Weights = Callable[[], Tensor]
_CALL = inspect.signature(F.multi_head_attention_forward)


class Attention(NamedTuple):
    """One attention of all images: how many tokens ask, how many answer; ``weights()`` are (N, heads, asked, known).

    They are worked out when asked for, from queries and keys where a fused kernel hides them, without dropout.
    """

    asking: int
    answering: int
    weights: Weights


class AttentionTrace(TorchFunctionMode):
    """Watches every call of a forward for attention over tokens whose grid ``shapes`` knows.

    Attention over windows, or over channels, is passed over and counted.

    Parameters
    ----------
    shapes
        What has become of the images so far.
    """

    def __init__(self, shapes: Shapes) -> None:
        super().__init__()
        self._shapes = shapes
        self._attended: Callable[[Attention], None] | None = None
        self.read: set[int] = set()  # places of single tokens that were taken out since the last attention
        self.local = 0

    @contextmanager
    def telling(self, attended: Callable[[Attention], None]) -> Iterator[None]:
        """Watch within this block, and call ``attended`` with each attention."""
        self._attended = attended
        try:
            with self:
                yield
        finally:
            self._attended = None  # which holds who watches

    def __torch_function__(
        self, func: Callable[..., Any], types: object, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Run ``func``, and look at it if it attends, or takes tokens out."""
        settings = kwargs or {}
        result = func(*args, **settings)
        with unseen():
            self._look(getattr(func, "__name__", ""), args, settings, result)
        return result

    def _look(self, name: str, args: Any, settings: Mapping[str, Any], result: object) -> None:
        if name == "scaled_dot_product_attention":
            call = dict(zip(("query", "key", "value", "attn_mask", "dropout_p", "is_causal"), args, strict=False))
            call |= settings
            asking, answering = call["query"].shape[:-1], call["key"].shape[-2]
            self._found(asking, answering, lambda: _by_head(_of_kernel(call), self._shapes.count))
        elif name == "multi_head_attention_forward":
            module = _CALL.bind(*args, **settings).arguments
            asked, heads = module["query"].shape[-3:-1], module["num_heads"]
            if len(asked) == 2:  # (L, N, C)
                asking = torch.Size((asked[1], heads, asked[0]))
                self._found(asking, module["key"].shape[0], lambda: _of_module(module))
        elif name in ("softmax", "_softmax") and isinstance(result, Tensor) and result.dim() > 2:
            dim = settings.get("dim", args[1] if len(args) > 1 else None)
            if dim in (-1, result.dim() - 1):
                self._found(result.shape[:-1], result.shape[-1], lambda: _by_head(result, self._shapes.count))
        elif name in ("__getitem__", "select") and isinstance(result, Tensor):
            self._take(args, settings, result)

    def _found(self, asking: torch.Size, answering: int, weights: Weights) -> None:
        count = self._shapes.count
        if self._shapes.tokens(answering) is None or len(asking) > 3:
            self.local += 1
        elif count is None or asking[0] == count or (len(asking) == 2 and asking[0] % count == 0):
            self.read = set()
            if self._attended is not None:
                self._attended(Attention(asking[-1], answering, weights))
        else:
            self.local += 1

    def _take(self, args: Any, settings: Mapping[str, Any], result: Tensor) -> None:
        given = args[0]
        if not isinstance(given, Tensor) or given.dim() != 3 or self._shapes.layout(given) is None:
            return
        if len(args) == 3:  # select(1, place)
            place = args[2] if args[1] in (1, -2) else None
        elif "index" in settings:
            place = settings["index"] if settings.get("dim") in (1, -2) else None
        else:
            index = args[1] if len(args) > 1 and isinstance(args[1], tuple) else ()
            place = index[1] if len(index) > 1 and index[0] == slice(None) else None
            if isinstance(place, slice) and result.dim() == 3 and result.shape[1] == 1:
                place = place.indices(given.shape[1])[0]
        if isinstance(place, int):
            self.read.add(place % given.shape[1])


def _of_kernel(call: Mapping[str, Any]) -> Tensor:
    """Softmax of the scaled products of queries and keys, as the fused kernel computes it, in float32 at least."""
    query, key = as_float(call["query"]), as_float(call["key"])
    if call.get("enable_gqa"):
        key = key.repeat_interleave(query.shape[-3] // key.shape[-3], -3)
    scale = call.get("scale")
    with full_precision(query.device):
        scores = query @ key.mT * (query.shape[-1] ** -0.5 if scale is None else scale)
    mask = call.get("attn_mask")
    if call.get("is_causal"):
        mask = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).tril()
    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf) if mask.dtype == torch.bool else scores + mask
    weights: Tensor = scores.softmax(-1)
    return weights


def _of_module(call: Mapping[str, Any]) -> Tensor:
    """Weights of ``nn.MultiheadAttention`` by its own code, which leaves them out unless it is asked."""
    again = {**call, "training": False, "need_weights": True, "average_attn_weights": False}
    with full_precision(call["query"].device):
        weights = F.multi_head_attention_forward(**again)[1]
    return cast(Tensor, weights)


def _by_head(weights: Tensor, count: int | None) -> Tensor:
    weights = as_float(weights)
    if weights.dim() == 4:
        return weights
    return weights[:, None] if count is None else weights.view(count, -1, *weights.shape[1:])
