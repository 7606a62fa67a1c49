"""A copy of a network that others may hook and rewrite: it computes on the same weights, without owning them."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from itertools import chain
from typing import Any

from torch import Tensor, nn

from ...errors import ModelError
from ..running.guards import outside_inference

_HOOKS = ("_forward_pre_hooks", "_forward_hooks")


def stand_in(root: nn.Module, *, own_weights: bool = False) -> nn.Module:
    """Return a copy of ``root`` on the same weights, to which anything may be done.

    Its parameters lie where those of ``root`` lie and record no gradient; its buffers are copies. Forward hooks are
    those of ``root`` (some compute the weights), hooks on gradients are left out. Whatever is hooked, replaced or
    left behind on it stays on it.

    Parameters
    ----------
    root
        The network, without wrappers.
    own_weights
        Copy the parameters too, for what writes into them.

    Raises
    ------
    ModelError
        If the network cannot be copied.

    Examples
    --------
    >>> net = nn.Linear(2, 2)
    >>> other = stand_in(net)
    >>> other.weight.data_ptr() == net.weight.data_ptr(), other.weight.requires_grad
    (True, False)
    """
    with outside_inference():
        memo: dict[int, Any] = {id(tensor): _copied(tensor, own_weights) for tensor in _tensors(root)}
    memo.update((id(hook), hook) for hook in _forward_hooks(root))
    try:
        network = copy.deepcopy(root, memo)
    except (AttributeError, RuntimeError, TypeError, copy.Error, pickle.PickleError) as error:
        raise ModelError(
            f"captum is given a copy of the model, and this one cannot be copied: {str(error).splitlines()[0]}"
        ) from error
    for module in network.modules():
        module._backward_hooks.clear()
        module._backward_pre_hooks.clear()
        module._is_full_backward_hook = None
    return network


def _tensors(root: nn.Module) -> Iterator[Tensor]:
    """Every tensor that a module holds directly, whether registered or not."""
    for module in root.modules():
        held = chain(module._parameters.values(), module._buffers.values(), vars(module).values())
        yield from (each for each in held if isinstance(each, Tensor))


def _forward_hooks(root: nn.Module) -> Iterator[object]:
    for module in root.modules():
        for name in _HOOKS:
            yield from getattr(module, name).values()


def _copied(tensor: Tensor, own_weights: bool) -> Tensor:
    """Return a leaf with the same numbers: at the same place for weights, unless inference mode made them."""
    weight = isinstance(tensor, nn.Parameter)
    shared = weight and not own_weights and not tensor.is_inference()
    leaf = tensor.detach() if shared else tensor.detach().clone()
    return nn.Parameter(leaf, requires_grad=False) if weight else leaf
