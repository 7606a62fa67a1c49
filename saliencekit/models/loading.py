"""From a file to a network: read safely, recognised, filled with exactly the weights it wants."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from torch import Tensor, nn

from ..errors import InputError, ModelError, UnsafeFileError, UsageError
from .filling import filled
from .fit import Fit
from .info import ModelInfo, count_parameters, head_length, note_info, unwrapped
from .kinds import readable
from .matching import match
from .published import IMAGENET_LENGTH, imagenet_classes, published_preprocessing
from .record import Record, is_record, read_record
from .skeleton import skeleton
from .spec import parse_spec
from .stored import FORMATS, Stored, read_stored
from .weights import ready_weight, whole_network


def load_model(
    path: str | os.PathLike[str],
    arch: str | None = None,
    *,
    num_classes: int | None = None,
    trust_pickle: bool = False,
    allow_missing: Sequence[str] = (),
    key: str | None = None,
) -> nn.Module:
    """Return the network of a model file, in eval mode, float32, on the CPU.

    Parameters
    ----------
    path
        A checkpoint of :func:`save_model`, a state dict (bare, or somewhere in a training checkpoint, with or
        without the prefixes of wrappers), as ``torch.save`` or safetensors write them. What the file is comes
        from its content, and nothing in it is run.
    arch
        The architecture, as :func:`build_model` takes it; ``None`` to take what the checkpoint records, or else
        to recognise it from names and shapes.
    num_classes
        Length of the logits; ``None`` to read it from the head.
    trust_pickle
        Allow files that run code of their own: pickled networks and TorchScript.
    allow_missing
        Patterns, as of file names, of weights that the file may lack; these stay at their initial values.
    key
        Which set of weights to take, where a file holds several ("model_ema").

    Returns
    -------
    torch.nn.Module
        With a :class:`ModelInfo` that :func:`model_info` returns.

    Raises
    ------
    ModelError
        If the file is missing, damaged or no model file, if its architecture is not recognised, if names or
        shapes do not fit, or if a weight is not finite.
    UnsafeFileError
        If loading the file would run code, naming what it would import.
    EnvironmentFault
        If the file may not be read, or needs a package that is not installed.

    Examples
    --------
    >>> import tempfile, torch
    >>> from saliencekit.models import SmallCNN, load_model, model_info
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     torch.save({"state_dict": SmallCNN(num_classes=2).state_dict()}, f"{folder}/weights.pth")
    ...     model_info(load_model(f"{folder}/weights.pth")).arch
    'saliencekit:small-cnn'
    """
    file = readable(path)
    stored = read_stored(file, trust_pickle=trust_pickle)
    with _naming(file):
        network = whole_network(stored.content)
        if network is not None:
            return _finished(network, stored, num_classes)
        record = _record(stored)
        wanted = _recorded_arch(record, trust_pickle) if arch is None and record is not None else arch
        found, state = match(
            stored.content, wanted, exact=arch is None and record is not None, allow_missing=allow_missing, key=key
        )
        if num_classes is not None and found.num_classes not in (None, num_classes):
            raise ModelError(f"expected {num_classes} classes, got weights for {found.num_classes}")
        model = filled(found, state, num_classes)
        return note_info(model.eval(), _info(model, found, record, stored))


@contextmanager
def _naming(path: os.PathLike[str]) -> Iterator[None]:
    """Put the file's name before the message of what is wrong with it."""
    try:
        yield
    except ModelError as error:
        if str(path) in str(error):
            raise
        raise type(error)(f"{path}: {error}") from error


def _record(stored: Stored) -> Record | None:
    content = stored.content if stored.metadata is None else stored.metadata
    return read_record(content) if isinstance(content, Mapping) and is_record(content) else None


def _recorded_arch(record: Record, trust_pickle: bool) -> str:
    """Return the architecture that a checkpoint names; a file must not choose what code is imported and run."""
    try:
        spec = parse_spec(record.arch)
        known = spec.known or spec.room == "timm"
        if not (known or trust_pickle):
            raise UnsafeFileError(
                f"the checkpoint names {spec}, which would be imported and run: "
                f"if you trust it, name it yourself with --arch {spec} (arch=)"
            )
        skeleton(spec)
    except UsageError as error:
        raise ModelError(f"the architecture that the checkpoint records cannot be built: {error}") from error
    return record.arch


def _info(model: nn.Module, found: Fit, record: Record | None, stored: Stored) -> ModelInfo:
    classes = found.num_classes or head_length(model)
    spec = found.spec
    names = record.classes if record else ()
    if record and names and len(names) != (2 if classes == 1 else classes):
        raise ModelError(f"expected names for {classes} classes in the record, got {len(names)}")
    if not names and classes == IMAGENET_LENGTH and (spec.known or spec.room == "timm"):
        names = imagenet_classes()
    return ModelInfo(
        arch=str(spec),
        num_classes=classes,
        classes=names,
        preprocessing=record.preprocessing if record else published_preprocessing(spec, stored.sha256),
        data=record.data_path(stored.path) if record else None,
        training=record.training if record else {},
        path=str(stored.path),
        format=f"saliencekit checkpoint ({stored.path.suffix or 'no suffix'})" if record else FORMATS[stored.kind],
        sha256=stored.sha256,
        parameters=count_parameters(model),
        missing=found.allowed,
    )


def _finished(network: nn.Module, stored: Stored, num_classes: int | None) -> nn.Module:
    """Check a network that came whole, and note what is known of it."""
    network = unwrapped(network)
    for name, tensor in network.state_dict().items():
        if isinstance(tensor, Tensor) and tensor.is_floating_point() and not tensor.is_quantized:
            ready_weight(name, tensor)
    try:
        classes = head_length(network)
    except InputError:
        if num_classes is None:
            raise
        classes = num_classes
    info = ModelInfo(
        arch=None,
        num_classes=classes,
        path=str(stored.path),
        format="TorchScript" if stored.kind == "torchscript" else "pickled network",
        sha256=stored.sha256,
        parameters=count_parameters(network),
    )
    return note_info(network.float().eval(), info)
