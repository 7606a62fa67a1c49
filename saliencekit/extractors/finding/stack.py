"""Which modules are running at a moment of a forward, and what each was given."""

from __future__ import annotations

from typing import Any, NamedTuple

from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from .shapes import Shapes


class _Frame(NamedTuple):
    name: str
    module: nn.Module
    given: Tensor | None
    on_tokens: bool


class Running:
    """The modules between the network and the call that is being made, the innermost last."""

    def __init__(self, shapes: Shapes) -> None:
        self._shapes = shapes
        self._frames: list[_Frame] = []
        self.time = 0  # how many modules have started or finished

    @property
    def on_tokens(self) -> bool:
        """Whether the innermost module was given tokens whose grid is known."""
        return bool(self._frames) and self._holds_tokens(self._frames[-1].given)

    def _holds_tokens(self, given: Tensor | None) -> bool:
        return given is not None and given.dim() == 3 and self._shapes.layout(given) is not None

    def start(self, name: str, module: nn.Module, args: Any, kwargs: Any) -> None:
        """Note that ``module`` starts with these arguments."""
        leaves = (leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor) and leaf.is_floating_point())
        given = next(leaves, None)
        inside = bool(self._frames) and self._frames[-1].on_tokens
        self._frames.append(_Frame(name, module, given, inside or self._holds_tokens(given)))
        self.time += 1

    def finish(self, module: nn.Module) -> bool:
        """Note that ``module`` is done, and return whether it works on tokens, or is part of what does."""
        self.time += 1
        while self._frames:  # one that failed, and whose error was caught, is still there
            frame = self._frames.pop()
            if frame.module is module:
                return frame.on_tokens
        return False

    def innermost(self) -> tuple[str, nn.Module, Tensor] | None:
        """Return the innermost module that has weights and was given a tensor, with its name and that tensor."""
        for frame in reversed(self._frames):
            if frame.given is not None and next(frame.module.parameters(), None) is not None:
                return frame.name, frame.module, frame.given
        return None
