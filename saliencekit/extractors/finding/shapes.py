"""How each tensor of one forward is laid out, and on which grid its tokens lie: read off call by call."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils.weak import WeakTensorKeyDictionary

from .grids import Grids
from .layouts import CHANNELS_LAST, MAPS, Kind, Layout
from .unseen import unseen

_SPATIAL = {
    *("conv2d", "conv_transpose2d", "batch_norm", "group_norm", "instance_norm", "interpolate", "upsample"),
    *("max_pool2d", "avg_pool2d", "adaptive_avg_pool2d", "_adaptive_avg_pool2d", "adaptive_max_pool2d"),
    *("pixel_shuffle", "pixel_unshuffle"),
}
_RESHAPES = {"view", "reshape", "flatten", "unflatten", "view_as", "reshape_as"}
_MOVES = {"transpose", "swapaxes", "swapdims", "movedim", "moveaxis"}
_BREAKS = {"matmul", "bmm", "einsum", "squeeze", "unsqueeze", "t", "fold", "tensordot", "__matmul__"}
_JOINS = {"cat", "concat", "concatenate"}


class Shapes(TorchFunctionMode):
    """Watches every call of a forward, and tells grids by what was reshaped into what; nothing is guessed.

    A grid is known where maps that descend from the images were flattened into tokens; or from the shapes of a
    reshape, if only one comes of them and the images have its proportions. Other tokens are told from patches where
    they are joined.

    Parameters
    ----------
    images
        What the forward begins with, (N, C, H, W); ``None`` if it is given no images.
    """

    def __init__(self, images: Tensor | None) -> None:
        super().__init__()
        self._kinds: Any = WeakTensorKeyDictionary()
        self._sizes: set[tuple[int, ...]] = set()
        self.count = None if images is None else len(images)
        self._grids = Grids(None if images is None else (images.shape[2], images.shape[3]))
        if images is not None:
            self._note(images, "maps")

    def __torch_function__(
        self, func: Callable[..., Any], types: object, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Run ``func``, and note what became of the layout."""
        settings = kwargs or {}
        name = getattr(func, "__name__", "").partition(".")[0]
        result = func(*args, **settings)
        if name != "__get__":
            given = args[0] if args else settings.get("input", settings.get("tensors"))
            with unseen():
                for each in _tensors(result):
                    self._see(name, given, each, args, settings)
        return result

    def same(self, tensor: Tensor, as_this: Tensor) -> None:
        """Note that ``tensor`` is laid out as another one is."""
        if as_this in self._kinds:
            self._note(tensor, self._kinds[as_this])

    def descends(self, tensor: Tensor) -> bool:
        """Return whether ``tensor`` is known to be maps by what it was made of, not by its size alone."""
        return tensor in self._kinds

    def layout(self, tensor: Tensor) -> Layout | None:
        """Return how maps are read off ``tensor`` (N, ...), or ``None`` if it is not known to hold any."""
        kind = self._kinds.get(tensor)
        if tensor.dim() == 4:
            if kind is None and tuple(tensor.shape[2:]) in self._sizes:
                return MAPS
            if kind is None and tuple(tensor.shape[1:3]) in self._sizes:
                return CHANNELS_LAST
            return {"maps": MAPS, "channels last": CHANNELS_LAST}.get(kind or "")
        if tensor.dim() == 3 and self.count in (None, len(tensor)):
            rows = kind == "token rows"
            return self.tokens(tensor.shape[2 if rows else 1], "token rows" if rows else "tokens")
        return None

    def tokens(self, length: int, kind: Kind = "tokens") -> Layout | None:
        """Return the layout of ``length`` tokens, or ``None`` if their grid is not known."""
        return self._grids.tokens(length, kind)

    def _see(self, name: str, given: object, result: Tensor, args: Any, settings: Mapping[str, Any]) -> None:
        if not result.is_floating_point():
            return
        if name in _JOINS:
            self._grids.join(list(_tensors(given)), result)
        if not isinstance(given, Tensor):
            self._inherit(args, result)
        elif name in _SPATIAL and result.dim() == 4:
            self._note(given, "maps")
            self._note(result, "maps")
        elif name == "permute":
            self._permute(given, result, args[1:] or (settings["dims"],))
        elif name in _RESHAPES:
            self._reshape(given, result)
        elif name == "unfold" and given.dim() == 4 and result.dim() == 3:
            self._unfold(given, result, args, settings)
        elif name in _MOVES:
            self._move(given, result)
        elif name not in _BREAKS:
            self._inherit(args or tuple(settings.values()), result)

    def _inherit(self, args: Any, result: Tensor) -> None:
        if result.dim() not in (3, 4) or result in self._kinds:
            return
        for each in _tensors(args):
            kind = self._kinds.get(each)
            if kind is not None and each.dim() == result.dim() and each.shape[0] == result.shape[0]:
                self._note(result, kind)
                return

    def _note(self, tensor: Tensor, kind: Kind) -> None:
        self._kinds[tensor] = kind
        if tensor.dim() == 4:
            self._sizes.add(tuple(tensor.shape[2:] if kind == "maps" else tensor.shape[1:3]))

    def _permute(self, given: Tensor, result: Tensor, order: Any) -> None:
        kind = self._kinds.get(given)
        dims = tuple(dim % given.dim() for dim in (order if isinstance(order[0], int) else order[0]))
        if given.dim() == 3 and dims == (0, 2, 1):
            self._move(given, result)
        elif (kind, dims) == ("maps", (0, 2, 3, 1)):
            self._note(result, "channels last")
        elif (kind, dims) == ("channels last", (0, 3, 1, 2)):
            self._note(result, "maps")

    def _move(self, given: Tensor, result: Tensor) -> None:
        swapped = given.dim() == 3 and result.shape == (given.shape[0], given.shape[2], given.shape[1])
        if swapped and self._kinds.get(given) != "token rows" and self.layout(given) is not None:
            self._note(result, "token rows")

    def _reshape(self, given: Tensor, result: Tensor) -> None:
        before, after = given.shape, result.shape
        if self.count not in (None, before[0]) or before[:1] != after[:1]:
            return
        kind = self._kinds.get(given)
        if after == before:
            self.same(result, given)
        elif len(before) == 4 and len(after) == 3 and after[2] == before[2] * before[3]:
            self._grids.hint(after[2], (before[2], before[3]), sure=kind == "maps")
            if kind == "maps":
                self._note(result, "token rows")
        elif len(before) >= 4 and len(after) == 3 and after[1] == before[1] * before[2]:
            self._grids.hint(after[1], (before[1], before[2]), sure=kind == "channels last")
        elif len(before) == 3 and len(after) == 4:
            self._spread(before, after, result)

    def _spread(self, before: torch.Size, after: torch.Size, result: Tensor) -> None:
        """Tokens made into maps; a split into heads looks alike, so it makes no maps of unknown ones."""
        if after[3] == before[2] and after[1] * after[2] == before[1]:
            self._grids.hint(before[1], (after[1], after[2]), sure=False)
            if self._grids.of(before[1]) == (after[1], after[2]):
                self._note(result, "channels last")
        elif after[1] == before[1] and after[2] * after[3] == before[2]:
            self._grids.hint(before[2], (after[2], after[3]), sure=False)
            if self._grids.sure(before[2]) == (after[2], after[3]):
                self._note(result, "maps")

    def _unfold(self, given: Tensor, result: Tensor, args: Any, settings: Mapping[str, Any]) -> None:
        named = dict(zip(("kernel_size", "dilation", "padding", "stride"), args[1:], strict=False)) | dict(settings)
        size, step = _pair(named["kernel_size"]), _pair(named.get("stride", 1))
        reach, margin = _pair(named.get("dilation", 1)), _pair(named.get("padding", 0))
        grid = tuple(
            (given.shape[axis + 2] + 2 * margin[axis] - reach[axis] * (size[axis] - 1) - 1) // step[axis] + 1
            for axis in (0, 1)
        )
        self._grids.hint(result.shape[2], (grid[0], grid[1]), sure=True)
        self._note(result, "token rows")


def _pair(value: int | tuple[int, int]) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else (value[0], value[-1])


def _tensors(values: object) -> Iterator[Tensor]:
    if isinstance(values, Tensor):
        yield values
    elif isinstance(values, list | tuple):
        for each in values:
            yield from _tensors(each)
