"""Sets of weights in a file's content: found, chosen, and made ready to be loaded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

import torch
from torch import Tensor, nn

from ..errors import ModelError

DEEPEST = 4

# Parts of training checkpoints that hold tensors by name and are no network.
ASIDE = ("*optim*", "*sched*", "*scaler*", "*callback*", "*loop*", "*rng*")


def candidates(content: object) -> dict[str, Mapping[str, Tensor]]:
    """Return every set of weights in a file's content, by its dotted place; ``""`` is the content itself.

    A set of weights is a mapping from names to tensors, one of which at least has two dimensions. Optimizers,
    schedulers, and lists are not looked into.

    Examples
    --------
    >>> weight = torch.zeros(2, 2)
    >>> list(candidates({"epoch": 3, "model": {"fc.weight": weight}, "optimizer": {"exp_avg": weight}}))
    ['model']
    """
    return dict(_search(content, "", 0))


def _search(content: object, place: str, depth: int) -> Iterator[tuple[str, Mapping[str, Tensor]]]:
    if not isinstance(content, Mapping) or depth > DEEPEST or not all(isinstance(key, str) for key in content):
        return
    tensors = {name: value for name, value in content.items() if isinstance(value, Tensor)}
    if any(tensor.ndim >= 2 for tensor in tensors.values()):
        yield place, tensors
    for name, value in content.items():
        if not any(fnmatchcase(name.lower(), pattern) for pattern in ASIDE):
            yield from _search(value, f"{place}.{name}" if place else name, depth + 1)


def whole_network(content: object) -> nn.Module | None:
    """Return the pickled network in a file's content, itself or as the one value of a mapping that is one.

    >>> whole_network({"epoch": 3, "model": nn.Linear(2, 2)})
    Linear(in_features=2, out_features=2, bias=True)
    """
    if isinstance(content, nn.Module):
        return content
    if not isinstance(content, Mapping):
        return None
    networks = {str(name): value for name, value in content.items() if isinstance(value, nn.Module)}
    if len(networks) > 1:
        raise ModelError(f"the file holds several networks ({', '.join(networks)}): keep one")
    return next(iter(networks.values()), None)


def ready_weight(name: str, tensor: Tensor, *, integer: bool = False) -> Tensor:
    """Return a weight as a plain contiguous tensor of its own, float32 if it is a fraction.

    Parameters
    ----------
    name
        For the message.
    tensor
        As it was read; half precision and double become float32.
    integer
        Whether the architecture wants whole numbers here.

    Raises
    ------
    ModelError
        If it is quantised, sparse, complex, without data, of the wrong kind of number, or not finite.
    """
    tensor = tensor.detach()
    for wrong, what in (
        (tensor.is_quantized, "quantised"),
        (tensor.layout != torch.strided, "sparse"),
        (tensor.is_complex(), "complex"),
        (tensor.is_meta, "without data"),
        (not integer and not tensor.is_floating_point(), f"stored as {str(tensor.dtype)[6:]}, as if quantised"),
    ):
        if wrong:
            raise ModelError(f"the weight {name} is {what}: save the network in float32")
    if integer:
        return tensor.to(torch.int64).clone(memory_format=torch.contiguous_format)
    tensor = tensor.to(torch.float32)
    if not torch.isfinite(tensor).all():
        bad = int((~torch.isfinite(tensor)).sum())
        raise ModelError(f"the weight {name} is not finite in {bad} of {tensor.numel()} numbers")
    shares = tensor.untyped_storage().nbytes() != tensor.numel() * tensor.element_size()
    return tensor.clone(memory_format=torch.contiguous_format) if shares else tensor.contiguous()
