"""Which part of what a network returns are the logits."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from ...errors import ModelError, UsageError


def pick_logits(outputs: object, output: str | int | None = None) -> Tensor:
    """Return the tensor of ``outputs`` that holds the logits, as the network made it.

    Parameters
    ----------
    outputs
        What the network returned: a tensor, tuple, mapping, or an object with attributes.
    output
        Key, attribute or place of the logits. ``None`` takes the tensor itself, what is named ``logits``, or the
        only tensor of one or two axes.

    Returns
    -------
    Tensor
        One of the tensors in ``outputs``, not a copy.

    Raises
    ------
    ModelError
        If there are several to choose from, or none.
    UsageError
        If ``output`` names nothing.

    Examples
    --------
    >>> import torch
    >>> pick_logits({"logits": torch.zeros(2, 10), "embedding": torch.zeros(2, 64)}).shape
    torch.Size([2, 10])
    >>> pick_logits((torch.zeros(2, 64), torch.zeros(2, 10)), 1).shape
    torch.Size([2, 10])
    """
    if isinstance(outputs, Tensor):
        if output is not None:
            raise UsageError(f"the model returns one tensor: drop output={output!r}")
        return outputs
    parts = _parts(outputs)
    if output is None:
        return _only(parts, outputs)
    if output not in parts:
        raise UsageError(f"the model returns no {output!r}: expected output= one of {_names(parts)}")
    return parts[output]


def as_logits(raw: Tensor, *, count: int | None = None) -> Tensor:
    """Return ``raw`` as logits (N, K): one logit an image may come as (N,), a convolution's as (N, K, 1, 1).

    Parameters
    ----------
    raw
        What the network gave.
    count
        How many images it was given, if that is known: of one, ``squeeze()`` leaves no axis of images.

    Raises
    ------
    ModelError
        If the shape or dtype is not that of a classifier's logits.

    Examples
    --------
    >>> import torch
    >>> as_logits(torch.zeros(2)).shape, as_logits(torch.zeros(2, 10, 1, 1)).shape
    (torch.Size([2, 1]), torch.Size([2, 10]))
    >>> as_logits(torch.zeros(()), count=1).shape, as_logits(torch.zeros(10), count=1).shape
    (torch.Size([1, 1]), torch.Size([1, 10]))
    """
    logits = raw
    if raw.dim() < 2 and count == 1:
        logits = raw.reshape(1, -1)
    elif raw.dim() == 1:
        logits = raw[:, None]
    elif raw.dim() > 2 and raw.shape[2:].numel() == 1:
        logits = raw.flatten(1)
    if logits.dim() != 2 or not logits.is_floating_point():
        raise ModelError(f"expected the model to return logits of shape (N, K), got {tuple(raw.shape)} of {raw.dtype}")
    return logits


def _parts(outputs: object) -> dict[str | int, Tensor]:
    if isinstance(outputs, Mapping):
        named = dict(outputs)
    elif isinstance(outputs, list | tuple):
        named = dict(enumerate(outputs)) | {name: getattr(outputs, name) for name in _fields(outputs)}
    else:
        named = dict(getattr(outputs, "__dict__", {}))
    return {name: value for name, value in named.items() if isinstance(value, Tensor)}


def _fields(outputs: object) -> tuple[str, ...]:
    return getattr(outputs, "_fields", ())


def _only(parts: dict[str | int, Tensor], outputs: object) -> Tensor:
    if "logits" in parts:
        return parts["logits"]
    flat = [part for name, part in parts.items() if part.dim() <= 2 and name not in _fields(outputs)]
    if len(flat) == 1:
        return flat[0]
    if not parts:
        raise ModelError(f"expected the model to return logits of shape (N, K), got {type(outputs).__name__}")
    raise ModelError(
        f"the model returns {type(outputs).__name__}: pass output= one of {_names(parts)} to say where its logits are; "
        "a command takes a network that returns them alone"
    )


def _names(parts: dict[str | int, Tensor]) -> str:
    return ", ".join(f"{name!r} {tuple(part.shape)}" for name, part in parts.items()) or "(it holds no tensor)"
