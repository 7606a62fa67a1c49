"""Looking at tensors in the middle of a forward, unseen by whatever else looks on."""

from __future__ import annotations

from contextlib import AbstractContextManager

import torch


def unseen() -> AbstractContextManager[object]:
    """Return a context whose calls no other trace of the same forward takes for steps of the network.

    >>> with unseen():
    ...     pass
    """
    return torch._C.DisableTorchFunction()
