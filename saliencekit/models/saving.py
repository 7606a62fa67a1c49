"""Writing a checkpoint that says what it is: architecture, classes, preprocessing, training, weights."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import InputError, NumericalError, UsageError
from ..files import written_whole
from ..preprocessing import Preprocessing
from .digest import tensors_digest
from .info import head_length, unwrapped
from .record import Record
from .spec import parse_spec
from .stored import METADATA

SUFFIXES = (".pt", ".pth", ".ckpt", ".safetensors")


def save_model(
    model: nn.Module,
    path: str | os.PathLike[str],
    *,
    arch: str,
    classes: Sequence[str],
    preprocessing: Preprocessing | None,
    data: str | os.PathLike[str] | None = None,
    training: Mapping[str, Any] | None = None,
) -> Path:
    """Write a checkpoint that :func:`load_model` reads with nothing else said, whole or not at all.

    Parameters
    ----------
    model
        The network, in any mode and on any device; the wrappers of ``torch.compile`` and data parallelism are
        left out. It is not changed.
    path
        ``.pt`` (also ``.pth``, ``.ckpt``): a plain dict that ``torch.load(weights_only=True)`` reads.
        ``.safetensors``: the weights, with the record and a digest of them as metadata.
    arch
        As :func:`build_model` takes it.
    classes
        Names in the order of the labels: one for each logit; two for a one-logit head, negative first.
    preprocessing
        How images are prepared.
    data
        The data set it was trained or is to be audited on: absolute, or relative to the folder of ``path``.
    training
        Anything that JSON can hold.

    Returns
    -------
    Path
        Where it was written.

    Raises
    ------
    UsageError
        If ``arch``, the suffix or the training record cannot be written down, or the number of names is wrong.
    NumericalError
        If a weight is not finite, since such a file would not be read back.
    EnvironmentFault
        If the disk is full or may not be written; what stood at ``path`` is untouched then.

    Examples
    --------
    >>> import tempfile
    >>> from saliencekit.models import SmallCNN, load_model, model_info, save_model
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = save_model(SmallCNN(), f"{folder}/m.pt", arch="saliencekit:small-cnn",
    ...                       classes=["real", "fake"], preprocessing=None, training={"epochs": 3})
    ...     model_info(load_model(file)).classes
    ('real', 'fake')
    """
    target, inner = Path(path), unwrapped(model)
    if target.suffix not in SUFFIXES:
        raise UsageError(f"expected a path ending in {', '.join(SUFFIXES)}, got {target}")
    _check_classes(inner, classes)
    state = {name: tensor.detach().to("cpu", copy=True) for name, tensor in inner.state_dict().items()}
    for name, tensor in state.items():
        if not torch.isfinite(tensor).all():
            raise NumericalError(f"cannot save {target}: the weight {name} is not finite")
    record = Record(
        str(parse_spec(arch)), tuple(classes), preprocessing, None if data is None else os.fspath(data), training or {}
    )
    written = _safetensors(record, state) if target.suffix == ".safetensors" else _checkpoint(record, state)
    with written_whole(target) as temporary:
        temporary.write_bytes(written)
    return target


def _check_classes(model: nn.Module, classes: Sequence[str]) -> None:
    try:
        length = head_length(model)
    except InputError:
        return  # a head of another kind: the names are taken as they are
    expected = 2 if length == 1 else length
    if classes and len(classes) != expected:
        raise UsageError(f"expected {expected} `classes` for a head of {length}, got {len(classes)}")


def _checkpoint(record: Record, state: dict[str, Tensor]) -> bytes:
    buffer = io.BytesIO()
    torch.save({**record.to_dict(), "state_dict": state}, buffer)
    return buffer.getvalue()  # the bytes themselves: a view outlives its buffer in a traceback and ends Python 3.12


def _safetensors(record: Record, state: dict[str, Tensor]) -> bytes:
    from safetensors.torch import save

    state = {name: tensor.contiguous() for name, tensor in state.items()}
    note = {**record.to_dict(), "digest": tensors_digest(state)}
    return save(state, metadata={METADATA: json.dumps(note, ensure_ascii=False)})
