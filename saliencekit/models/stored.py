"""Reading a model file: checked first, then read without running anything in it, unless that was allowed."""

from __future__ import annotations

import json
import pickle
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import EnvironmentFault, ModelError, UnsafeFileError
from ..files import sha256
from .digest import tensors_digest
from .foreign import FOREIGN, first_line, said_in_one_sentence
from .kinds import Kind, file_kind
from .pickles import foreign_imports, listed

METADATA = "saliencekit"
TRUST = "or, if you trust whoever made it, allow that with --trust-pickle (trust_pickle=True)"
WAY_OUT = "save model.state_dict() with torch.save or safetensors instead"
FORMATS: dict[Kind, str] = {
    "checkpoint": "checkpoint of torch.save",
    "safetensors": "safetensors",
    "torchscript": "TorchScript",
    "legacy": "checkpoint of torch.save before 1.6",
    "pickle": "pickle",
}


@dataclass(frozen=True)
class Stored:
    """The content of a model file.

    Parameters
    ----------
    path
        The file.
    kind
        What it is.
    content
        What was in it: tensors by name, nested mappings of them, or a whole network if that was allowed.
    metadata
        The record that safetensors files of this package carry; ``None`` elsewhere.
    sha256
        Of the file's content.
    """

    path: Path
    kind: Kind
    content: object
    metadata: Mapping[str, Any] | None
    sha256: str


def read_stored(path: Path, *, trust_pickle: bool = False) -> Stored:
    """Read a model file whose content decides what it is.

    Parameters
    ----------
    path
        The file. Zip checkpoints are checked entry by entry against their checksums, safetensors of this package
        against the digest that they carry; legacy files have no checksum and are read only if their name holds
        the first digits of their SHA-256, as published weights have it (``densenet121-a639ec97.pth``).
    trust_pickle
        Whether the file may run code of its own: pickled networks, TorchScript, unchecked legacy files.

    Raises
    ------
    UnsafeFileError
        If loading would run code and that was not allowed, naming what would be imported.
    ModelError
        If the file is damaged or cannot be read.
    """
    kind = file_kind(path)
    digest = _digest(path)
    content: object
    metadata = None
    if kind == "safetensors":
        content, metadata = _read_safetensors(path)
    elif kind == "torchscript":
        content = _read_torchscript(path, trust_pickle)
    elif kind == "pickle":
        content = _read_pickle(path, trust_pickle)
    elif kind in ("export", "package"):
        what = "an export of torch.export" if kind == "export" else "an archive of torch.package"
        raise UnsafeFileError(f"{path} is {what}, which carries code: {WAY_OUT}")
    else:
        if kind == "legacy" and not (trust_pickle or _named_after(path, digest)):
            raise UnsafeFileError(
                f"{path} has the form of torch.save before 1.6, which has no checksum: write it anew with "
                f"torch.save(torch.load(path, weights_only=True), path), {TRUST}"
            )
        content = _read_checkpoint(path, trust_pickle)
    return Stored(path, kind, content, metadata, digest)


def _digest(path: Path) -> str:
    try:
        return sha256(path)
    except OSError as error:
        raise EnvironmentFault(f"cannot read {path}: {error.strerror}") from error


def _named_after(path: Path, digest: str) -> bool:
    return any(digest.startswith(found) for found in re.findall(r"-([0-9a-f]{8,64})(?=\.)", path.name))


def _read_checkpoint(path: Path, trust_pickle: bool) -> object:
    try:
        return _loaded(path, weights_only=True)
    except pickle.UnpicklingError as error:
        names = foreign_imports(path)
        if not names:
            raise ModelError(f"{path} is damaged or cannot be read: {first_line(error)}") from error
        if not trust_pickle:
            raise UnsafeFileError(
                f"loading {path} would import {listed(names)} and run it: {WAY_OUT}, {TRUST}"
            ) from error
    except FOREIGN as error:
        raise ModelError(f"{path} is damaged or cannot be read: {first_line(error)}") from error
    with said_in_one_sentence(f"unpickling {path}"):
        return _loaded(path, weights_only=False)


def _loaded(path: Path, *, weights_only: bool) -> object:
    # As a stream, since by a path torch.load would go by its suffix; it warns about old forms of storage.
    with warnings.catch_warnings(), path.open("rb") as stream:
        warnings.simplefilter("ignore")
        return torch.load(stream, map_location="cpu", weights_only=weights_only)


def _read_pickle(path: Path, trust_pickle: bool) -> object:
    if not trust_pickle:
        names = listed(foreign_imports(path))
        would = f"; loading it would import {names} and run it" if names else ", which may run code on loading"
        raise UnsafeFileError(f"{path} is a bare pickle{would}: {WAY_OUT}, {TRUST}")
    with said_in_one_sentence(f"unpickling {path}"), path.open("rb") as stream:
        return pickle.load(stream)


def _read_torchscript(path: Path, trust_pickle: bool) -> nn.Module:
    if not trust_pickle:
        raise UnsafeFileError(f"{path} is TorchScript, which carries code: {WAY_OUT}, {TRUST}")
    with said_in_one_sentence(f"loading the TorchScript {path}"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is deprecated, and says so
        loaded: nn.Module = torch.jit.load(str(path), map_location="cpu")  # type: ignore[no-untyped-call]
    return loaded


def _read_safetensors(path: Path) -> tuple[dict[str, Tensor], Mapping[str, Any] | None]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as stream:
            tensors = {name: stream.get_tensor(name) for name in stream.keys()}  # noqa: SIM118 - not a mapping
            text = (stream.metadata() or {}).get(METADATA)
    except (SafetensorError, OSError, ValueError, KeyError, RuntimeError, AttributeError, TypeError) as error:
        raise ModelError(f"{path} is damaged or cannot be read: {first_line(error)}") from error
    if text is None:
        return tensors, None
    try:
        record = json.loads(text)
    except ValueError as error:
        raise ModelError(f"{path} is damaged: its record is no JSON") from error
    if not isinstance(record, dict) or record.get("digest") != tensors_digest(tensors):
        raise ModelError(f"{path} is damaged: its weights do not agree with the digest in its record")
    return tensors, record
