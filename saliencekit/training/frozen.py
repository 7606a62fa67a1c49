"""What a run writes down before it begins: the configuration that repeats it, and what its numbers rest on."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._version import __version__
from ..data import Collection
from ..files import sha256
from ..versions import versions
from .assembly import recorded_source
from .recipe import Recipe
from .run_record import Account, begun_with
from .settings import TrainingSettings

if TYPE_CHECKING:
    from .data_module import DetectorData

ENGINES = ("torch", "torchvision", "lightning", "torchmetrics", "numpy", "pillow")
SPLITS = ("train", "val")
SECONDS = 10  # that git may take


@dataclass(frozen=True)
class Request:
    """What a run was asked for; the fields are the arguments of :func:`saliencekit.training.train`."""

    recipe: Recipe
    settings: TrainingSettings
    seed: int
    human_maps: str | None = None
    weights: str | None = None
    allow_outside: bool = False
    from_python: bool = False


def account_of(request: Request, images: DetectorData, folder: Path) -> Account:
    """Return what a run in ``folder`` says of itself before it begins."""
    collection, weights = images.collection, request.weights
    digest = data_digest(collection)
    about = {
        "saliencekit": __version__,
        "versions": versions(ENGINES),
        "git": git_revision(),
        "command": list(sys.argv),
        "seed": request.seed,
        "recipe": request.recipe.to_dict(),
        "settings": request.settings.to_dict(),
        "data": {
            "source": os.path.abspath(collection.source),
            "kind": collection.kind,
            "classes": list(collection.classes),
            "sha256": digest,
            "listed": {split: _counts(collection, split) for split in SPLITS},
            "excluded": len(collection.excluded),
        },
        "human_maps": request.human_maps and os.path.abspath(request.human_maps),
        "weights": weights and os.path.abspath(weights),
        "preprocessing": images.preprocessing.to_dict(),
    }
    fingerprint = {
        "saliencekit": __version__,
        "recipe": request.recipe.to_dict(),
        "seed": request.seed,
        "data": digest,
        "preprocessing": {key: each for key, each in images.preprocessing.to_dict().items() if key != "source"},
        "weights": _weights_digest(weights, folder),
        **request.settings.deciding(),
    }
    return Account(fingerprint, about, _config(request, collection.source, folder))


def data_digest(collection: Collection) -> str:
    """Return a hash of the training and validation images: names, labels, groups, maps, and the files' sizes."""
    digest = hashlib.sha256()
    for sample in collection.samples:
        if sample.split in SPLITS:
            human_map = sample.human_map
            known = (sample.image, sample.label, sample.split, sample.group, human_map and human_map.name)
            sizes = (_size(sample.path), human_map and _size(human_map))
            digest.update(repr((*known, *sizes)).encode("utf-8", "backslashreplace"))
    return digest.hexdigest()


def git_revision() -> str | None:
    """Return the commit of the working folder, with ``-dirty`` where files differ from it; None outside of git."""
    git = shutil.which("git")
    if git is None:
        return None
    command = [git, "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return told.stdout.strip() or None


def as_toml(values: Mapping[str, Any]) -> str:
    r"""Return plain values as TOML, a key a line; None is the word "none", which the command line reads as such.

    >>> print(as_toml({"lr": 1e-06, "alpha": None, "flip": True, "loggers": ["csv"], "data": 'a "b"'}), end="")
    lr = 1e-06
    alpha = "none"
    flip = true
    loggers = ["csv"]
    data = "a \"b\""
    """
    return "".join(f"{key} = {_toml(value)}\n" for key, value in values.items())


def _config(request: Request, source: str, folder: Path) -> str:
    """Return the content of ``config.toml``; its paths are relative to the folder where that is near."""
    paths = {"data": source, "human_maps": request.human_maps, "weights": request.weights}
    given = {name: recorded_source(path, folder) for name, path in paths.items() if path is not None}
    settings = {name: value for name, value in request.settings.to_dict().items() if name != "progress"}
    parts = [
        "# A training run: saliencekit train config.toml --output FOLDER repeats it.",
        *(["# Begun from Python with objects that a file cannot name: see run.json."] if request.from_python else []),
        as_toml({**given, "seed": request.seed, "allow_outside": request.allow_outside}),
        "# What decides the result",
        as_toml(request.recipe.to_dict()),
        "# How it is computed",
        as_toml(settings),
    ]
    return "\n".join(parts)


def _toml(value: Any) -> str:
    if value is None:
        return '"none"'
    if isinstance(value, list):
        return f"[{', '.join(_toml(each) for each in value)}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _weights_digest(path: str | None, folder: Path) -> str | None:
    """Return a hash of the weights' file; where it is gone, that which the run in the folder began with.

    A run that goes on needs the file no more.
    """
    if path is None:
        return None
    if os.path.isfile(path):
        return sha256(path)
    known: str | None = begun_with(folder).get("weights")
    return known


def _counts(collection: Collection, split: str) -> dict[str, int]:
    samples = [sample for sample in collection.samples if sample.split == split]
    by_class = {word: sum(sample.label == label for sample in samples) for label, word in enumerate(collection.classes)}
    return {"images": len(samples), "human_maps": sum(sample.human_map is not None for sample in samples), **by_class}


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None
