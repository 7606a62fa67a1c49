"""From logits to the class that is explained: its index, its logit, its probability.

A head of one logit ``l`` stands for two classes: class 1 has the logit ``l``, class 0 the logit ``-l``, and
the probability of class 1 is ``sigmoid(l)``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, SupportsIndex, TypeAlias

import torch
from torch import Tensor

from ..errors import InputError, UsageError, one_of
from ._checks import as_float, check_shape

Target: TypeAlias = Literal["predicted", "label"] | SupportsIndex | Tensor | Callable[[Tensor], Tensor]


def predicted_class(logits: Tensor) -> Tensor:
    """Return the class with the highest logit, per image; the lowest such class where logits tie.

    Parameters
    ----------
    logits
        (N, K); with K = 1 the class is 1 where the logit is above zero.

    Returns
    -------
    Tensor
        LongTensor (N,).

    Raises
    ------
    InputError
        If ``logits`` has another number of axes or no class.

    Examples
    --------
    >>> predicted_class(torch.tensor([[0.0, 2.0], [3.0, 1.0]]))
    tensor([1, 0])
    >>> predicted_class(torch.tensor([[0.5], [-0.5]]))
    tensor([1, 0])
    """
    check_shape(logits, "logits", "N", "K")
    return (logits[:, 0] > 0).long() if logits.shape[1] == 1 else logits.argmax(1)


def class_logit(logits: Tensor, target: Tensor) -> Tensor:
    """Return the logit of the class ``target`` of every image; the score whose gradient Grad-CAM takes.

    Parameters
    ----------
    logits
        (N, K).
    target
        LongTensor (N,), on the device of the logits; see :func:`resolve_target`.

    Returns
    -------
    Tensor
        (N,), float32 or float64; differentiable. With K = 1: the logit for class 1, less it for class 0.

    Raises
    ------
    InputError
        If the shapes are others.

    Examples
    --------
    >>> class_logit(torch.tensor([[0.0, 2.0], [3.0, 1.0]]), torch.tensor([1, 1]))
    tensor([2., 1.])
    >>> class_logit(torch.tensor([[0.5], [0.5]]), torch.tensor([1, 0]))
    tensor([ 0.5000, -0.5000])
    """
    _check_both(logits, target)
    logits = as_float(logits)
    if logits.shape[1] == 1:
        return torch.where(target == 1, logits[:, 0], -logits[:, 0])
    return logits.gather(1, target[:, None])[:, 0]


def class_probability(logits: Tensor, target: Tensor) -> Tensor:
    """Return the probability of the class ``target`` of every image: softmax, or sigmoid for one logit.

    Parameters
    ----------
    logits
        (N, K).
    target
        LongTensor (N,), on the device of the logits.

    Returns
    -------
    Tensor
        (N,), float32 or float64, in [0, 1]; differentiable.

    Raises
    ------
    InputError
        If the shapes are others.

    Examples
    --------
    >>> class_probability(torch.tensor([[0.0, 0.0], [9.0, 0.0]]), torch.tensor([1, 0]))
    tensor([0.5000, 0.9999])
    """
    if logits.shape[1:] == (1,):
        return class_logit(logits, target).sigmoid()
    _check_both(logits, target)
    return as_float(logits).softmax(1).gather(1, target[:, None])[:, 0]


def resolve_target(logits: Tensor, target: Target, labels: Tensor | None = None) -> Tensor:
    """Return which class of every image is explained.

    Parameters
    ----------
    logits
        (N, K).
    target
        ``"predicted"`` (the highest logit), ``"label"`` (that of ``labels``), a class for all images, a
        LongTensor (N,) with one for each, or a function from the detached logits to such a tensor.
    labels
        True classes, (N,), whole numbers; taken for ``"label"`` only.

    Returns
    -------
    Tensor
        LongTensor (N,), on the device of the logits, in 0 .. K - 1 (0 .. 1 for one logit).

    Raises
    ------
    InputError
        If a shape or dtype is another, or a class is out of range. Classes that lie on an accelerator are not
        looked at, since that would wait for it in every step: torch's own bounds check is their guard.
    UsageError
        If ``target`` is an unknown word or thing, or ``"label"`` without ``labels``.

    Examples
    --------
    >>> logits = torch.tensor([[0.0, 2.0], [3.0, 1.0]])
    >>> resolve_target(logits, "predicted"), resolve_target(logits, 0)
    (tensor([1, 0]), tensor([0, 0]))
    >>> resolve_target(logits, lambda logits: logits.argmin(1))
    tensor([0, 1])
    """
    check_shape(logits, "logits", "N", "K")
    if isinstance(target, str):
        if one_of(target, ("predicted", "label"), "target") == "predicted":
            return predicted_class(logits.detach())
        if labels is None:
            raise UsageError("the target 'label' needs `labels`: give the true class of every image")
        return _in_range(labels, logits, "labels")
    if isinstance(target, Tensor):
        return _in_range(target, logits, "target")
    if isinstance(target, SupportsIndex) and not isinstance(target, bool):
        index = target.__index__()
        _check_class(index, logits, "target")
        return torch.full((len(logits),), index, device=logits.device)
    if callable(target):
        return _in_range(target(logits.detach()), logits, "target")
    raise UsageError(
        "expected `target` to be 'predicted', 'label', a class, a LongTensor (N,) or a function of the "
        f"logits, got {target!r}"
    )


def _in_range(classes: Tensor, logits: Tensor, name: str) -> Tensor:
    check_shape(classes, name, "N")
    if len(classes) != len(logits):
        raise InputError(f"expected `{name}` for each of {len(logits)} images, got {len(classes)}")
    if classes.is_floating_point() or classes.is_complex():
        raise InputError(f"expected `{name}` of whole numbers, got {classes.dtype}")
    if len(classes) and classes.device.type == "cpu":
        for extreme in torch.stack(classes.long().aminmax()).tolist():
            _check_class(extreme, logits, name)
    return classes.to(logits.device, torch.long)


def _check_class(index: int, logits: Tensor, name: str) -> None:
    classes = max(2, logits.shape[1])
    if not 0 <= index < classes:
        raise InputError(f"expected `{name}` from 0 to {classes - 1}, got {index}")


def _check_both(logits: Tensor, target: Tensor) -> None:
    check_shape(logits, "logits", "N", "K")
    check_shape(target, "target", "N")
    if len(logits) != len(target):
        raise InputError(f"expected `logits` and `target` of as many images, got {len(logits)} and {len(target)}")
