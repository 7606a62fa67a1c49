"""An architecture filled with weights that fit it, each with memory of its own."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from .build import build
from .fit import Fit
from .skeleton import is_counter, seeded, skeleton, weightless
from .weights import ready_weight


def filled(found: Fit, state: Mapping[str, Tensor], num_classes: int | None = None) -> nn.Module:
    """Return the architecture of ``found`` with the weights of ``state``, float32, on the CPU.

    Where every weight is there no other is made first; else the rest has initial values that are the same each
    time. The global generator is left alone.

    Parameters
    ----------
    found
        A good fit of ``state``.
    state
        The weights by the names they were read under.
    num_classes
        Length of the logits where the weights hold no head.

    Raises
    ------
    ModelError
        If a weight is quantised, of another kind of number, or not finite.

    Examples
    --------
    >>> from saliencekit.models import SmallCNN
    >>> from saliencekit.models.recognise import identify
    >>> found, state = identify(SmallCNN(num_classes=3).state_dict())
    >>> filled(found, state).head
    Linear(in_features=128, out_features=3, bias=True)
    """
    frame = skeleton(found.spec)
    ready: OrderedDict[str, Tensor] = OrderedDict()
    places: set[int] = set()
    for name, tensor in state.items():
        weight = ready_weight(name, tensor, integer=found.names[name] in frame.integers)
        shared = weight.data_ptr() in places  # training one of two weights must leave the other alone
        ready[found.names[name]] = weight.clone() if shared else weight
        places.add(weight.data_ptr())
    for name in frame.shapes:
        if name not in ready and is_counter(name):
            ready[name] = torch.tensor(0)
    whole = found.spec.known and not found.allowed
    with weightless() if whole else seeded():
        model = build(found.spec, found.num_classes or num_classes)
    # Some networks read the version of their layout from here; ours has today's names and shapes.
    ready._metadata = model.state_dict()._metadata  # type: ignore[attr-defined]
    model.load_state_dict(ready, strict=not found.allowed, assign=whole)
    return model.float()
