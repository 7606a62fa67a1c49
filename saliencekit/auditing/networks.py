"""The networks that are audited: loaded or taken as they are, in eval mode on the device, with extractors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import nn

from ..errors import ModelError, UsageError
from ..extractors import AttentionRollout, Extractor
from ..extractors.making import MakesMaps, make_extractor
from ..models import ModelInfo, default_preprocessing, load_model, model_info
from ..models.at_work import at_work
from ..models.digest import tensors_digest
from ..preprocessing import Preprocessing, PreprocessingFlags

Model = str | Path | nn.Module


@dataclass(frozen=True)
class Run:
    """One network of an audit: the audited model, or a sister training run of it.

    Parameters
    ----------
    name
        Unique among the runs, for records and tables.
    network
        Not moved or switched yet.
    info
        What is known of it.
    """

    name: str
    network: nn.Module
    info: ModelInfo


def gather_runs(
    model: Model,
    runs: Sequence[Model],
    *,
    arch: str | None,
    trust_pickle: bool,
    allow_missing: Sequence[str],
    key: str | None = None,
) -> tuple[Run, ...]:
    """Load the audited model and its sister runs, in this order; every name is made unique."""
    gathered: list[Run] = []
    for number, each in enumerate((model, *runs)):
        if isinstance(each, nn.Module):
            name = f"run {number}" if number else "model"
            network = each
        else:
            name = _short(Path(each), number)
            network = load_model(each, arch, trust_pickle=trust_pickle, allow_missing=tuple(allow_missing), key=key)
        if name in {run.name for run in gathered}:
            name = f"{name} ({number})"
        gathered.append(Run(name, network, model_info(network)))
    digests: dict[str, str] = {}
    for run in gathered:
        _refuse_stranger(gathered[0].info, run)
        twin = digests.setdefault(tensors_digest(run.network.state_dict()), run.name)
        if twin != run.name:
            raise UsageError(
                f"run {run.name!r} has the very weights of {twin!r}: runs that are compared must be independent"
            )
    return tuple(gathered)


def _refuse_stranger(first: ModelInfo, run: Run) -> None:
    """A sister run has the classes and takes the images of the audited model; else its maps answer nothing."""
    pairs = {
        "architecture": (first.arch, run.info.arch),
        "number of classes": (first.num_classes, run.info.num_classes),
        "classes": (first.classes or run.info.classes, run.info.classes or first.classes),
        "preprocessing": tuple(
            None if each.preprocessing is None else replace(each.preprocessing, source="") for each in (first, run.info)
        ),
    }
    for name, (expected, got) in pairs.items():
        if None not in (expected, got) and expected != got:
            raise ModelError(f"expected the {name} of run {run.name!r} to be the model's, {expected}, got {got}")


def _short(path: Path, number: int) -> str:
    """``runs/seed-3/model.pt`` is known by its folder, ``resnet.pt`` by its name."""
    return path.parent.name if path.stem == "model" and path.parent.name else path.stem or f"run {number}"


def preprocessing_of(info: ModelInfo, given: Preprocessing | PreprocessingFlags | None) -> Preprocessing:
    """Return what was given, else what the checkpoint records, else the architecture's own, with the flags applied."""
    if isinstance(given, Preprocessing):
        return given
    found = info.preprocessing or default_preprocessing(info.arch)
    return given.applied_to(found) if given else found


@contextmanager
def ready(runs: Sequence[Run], device: torch.device, *, salience: str, layer: str) -> Iterator[tuple[MakesMaps, ...]]:
    """Give an extractor a run, on ``device`` and in eval mode; the caller's networks are as before afterwards.

    A network that is on another device is copied there, never moved.
    """
    with ExitStack() as stack:
        networks = [stack.enter_context(at_work(run.network, device)) for run in runs]
        yield tuple(make_extractor(salience, network, layer) for network in networks)


def twin_extractor(extractor: MakesMaps, twin: nn.Module, *, salience: str, layer: str) -> MakesMaps:
    """Return the same kind of extractor of a twin of the network, at the layer that the first one found."""
    found = isinstance(extractor, Extractor) and not isinstance(extractor, AttentionRollout)
    return make_extractor(salience, twin, extractor.layer_name if found else layer)
