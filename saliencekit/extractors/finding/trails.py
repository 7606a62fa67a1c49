"""Following numbers through a forward: which tensors hold the same ones, unchanged since."""

from __future__ import annotations

from torch import Tensor


def version(tensor: Tensor) -> int:
    """Return how often ``tensor`` was written into; tensors of inference mode do not count, and give 0."""
    return 0 if tensor.is_inference() else tensor._version


class Trail:
    """Tensors known to hold the same numbers: one, its views, its copies, and what dropout left of it."""

    def __init__(self, *tensors: Tensor) -> None:
        self._known = [(tensor, version(tensor)) for tensor in tensors]

    def add(self, tensor: Tensor) -> None:
        """Let ``tensor`` belong to the trail, as it is now."""
        self._known.append((tensor, version(tensor)))

    def holds(self, tensor: object) -> bool:
        """Return whether ``tensor`` is a view of one of the trail that nothing has written into since."""
        return isinstance(tensor, Tensor) and any(
            tensor.data_ptr() == known.data_ptr() and tensor.numel() == known.numel() and version(known) == since
            for known, since in self._known
        )
