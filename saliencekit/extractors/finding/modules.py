"""Modules by name: what is inside a wrapper, and which name comes nearest to a wrong one."""

from __future__ import annotations

import difflib

import torch
from torch import nn

from ...errors import ModelError, UsageError

_WRAPPERS = ("module.", "_orig_mod.")


def unwrap(model: nn.Module) -> nn.Module:
    """Return the network inside ``DataParallel``, ``DistributedDataParallel`` and ``torch.compile``, in any order.

    Raises
    ------
    UsageError
        If ``model`` is no :class:`torch.nn.Module`.
    ModelError
        If it is TorchScript, whose inner layers run out of sight.

    Examples
    --------
    >>> net = nn.Linear(2, 2)
    >>> unwrap(nn.DataParallel(net)) is net
    True
    """
    if not isinstance(model, nn.Module):
        raise UsageError(f"expected `model` to be a torch.nn.Module, got {type(model).__name__}")
    while True:
        if isinstance(model, torch.jit.ScriptModule):
            raise ModelError("the layers of a TorchScript model run out of sight: give the Python model it was made of")
        if isinstance(model, nn.DataParallel | nn.parallel.DistributedDataParallel):
            inner = model.module
        else:
            inner = getattr(model, "_orig_mod", None)
        if not isinstance(inner, nn.Module):
            return model
        model = inner


def is_compiled(model: nn.Module) -> bool:
    """Return whether ``model`` or anything in it has been given to ``torch.compile``.

    >>> is_compiled(nn.Linear(2, 2))
    False
    """
    return any(hasattr(each, "_orig_mod") or each._compiled_call_impl is not None for each in model.modules())


def resolve_layer(root: nn.Module, layer: str | nn.Module) -> str | None:
    """Return the name of ``layer`` in ``root.named_modules()``; ``None`` for ``"auto"``.

    Names may carry the prefixes of wrappers (``module.``, ``_orig_mod.``).

    Raises
    ------
    ModelError
        If ``root`` has no such layer; the sentence names the nearest.

    Examples
    --------
    >>> net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
    >>> resolve_layer(net, "module.1"), resolve_layer(net, net[0]), resolve_layer(net, "auto")
    ('1', '0', None)
    """
    names = {name: module for name, module in root.named_modules() if name}
    if isinstance(layer, nn.Module):
        for name, module in names.items():
            if module is layer:
                return str(name)
        raise ModelError(f"the {type(layer).__name__} given as layer is no part of the model")
    if layer == "auto":
        return None
    wanted = str(layer)
    for prefix in _WRAPPERS * 2:
        if wanted not in names:
            wanted = wanted.removeprefix(prefix)
    if wanted in names:
        return wanted
    near = difflib.get_close_matches(layer, names, n=3, cutoff=0.4) or list(names)[-3:]
    hint = f"; nearest: {', '.join(near)}" if near else ""
    raise ModelError(f"the model has no layer {layer!r}{hint}")
