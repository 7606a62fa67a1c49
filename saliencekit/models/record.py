"""What a checkpoint of this package says beside its weights, and how that is read back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import InputError, ModelError, UsageError
from ..preprocessing import Preprocessing

FORMAT = "saliencekit"
VERSION = 1


@dataclass(frozen=True)
class Record:
    """The part of a checkpoint that is not weights; see :func:`saliencekit.models.save_model` for the fields."""

    arch: str
    classes: tuple[str, ...] = ()
    preprocessing: Preprocessing | None = None
    data: str | None = None
    training: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values, with the format's name and version.

        >>> Record("resnet18", ("real", "fake")).to_dict()["classes"]
        ['real', 'fake']
        """
        plain = {
            "format": FORMAT,
            "version": VERSION,
            "arch": self.arch,
            "classes": list(self.classes),
            "preprocessing": None if self.preprocessing is None else self.preprocessing.to_dict(),
            "data": self.data,
            "training": dict(self.training),
        }
        try:
            copied: dict[str, Any] = json.loads(json.dumps(plain, allow_nan=False))
        except (TypeError, ValueError) as error:
            raise UsageError(f"the training record cannot be written as JSON: {error}") from error
        return copied

    def data_path(self, checkpoint: Path) -> str | None:
        """Return the recorded data as an absolute path; relative ones start at the checkpoint's folder."""
        return None if self.data is None else str((checkpoint.parent / Path(self.data)).resolve())


def is_record(content: object) -> bool:
    """Whether ``content`` has the form that :func:`saliencekit.models.save_model` writes.

    >>> is_record({"format": "saliencekit", "version": 1}), is_record({"state_dict": {}})
    (True, False)
    """
    return isinstance(content, Mapping) and content.get("format") == FORMAT


def read_record(content: Mapping[str, Any]) -> Record:
    """Read what :meth:`Record.to_dict` gave; anything else raises :class:`ModelError`."""
    version = content.get("version")
    if version != VERSION:
        raise ModelError(
            f"expected a checkpoint of version {VERSION}, got {version!r}; a newer saliencekit may read it"
        )
    arch, classes, data = content.get("arch"), content.get("classes", []), content.get("data")
    preprocessing, training = content.get("preprocessing"), content.get("training", {})
    right = (
        isinstance(arch, str)
        and isinstance(classes, list | tuple)
        and all(isinstance(name, str) for name in classes)
        and isinstance(data, str | None)
        and isinstance(preprocessing, dict | None)
        and isinstance(training, dict)
    )
    if not right or not isinstance(arch, str):
        raise ModelError("the record of the checkpoint cannot be read: a field is missing or of another type")
    try:
        wanted = None if preprocessing is None else Preprocessing.from_dict(preprocessing)
    except InputError as error:
        raise ModelError(str(error)) from error
    return Record(arch, tuple(classes), wanted, data, training)
