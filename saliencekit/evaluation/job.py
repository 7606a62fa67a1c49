"""What an evaluation is about, resolved before anything is written: the detector, the images, and whose threshold."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..data import Collection
from ..errors import DataError, UsageError
from ..models import ModelInfo, default_preprocessing, model_info
from ..preprocessing import Preprocessing, PreprocessingFlags
from .settings import EvaluationSettings
from .subjects import Data, Subjects, open_all, subjects_of
from .threshold import UNINFORMED

FEW = 8  # images that the detector is tried on


@dataclass(frozen=True)
class Job:
    """What is to be evaluated.

    Parameters
    ----------
    network, info, preprocessing
        The detector, and how images are prepared for it.
    settings
        How.
    inside
        The images evaluated.
    validation
        Those that the threshold comes from; None where it comes from none.
    origin
        Why from none, in words.
    """

    network: nn.Module
    info: ModelInfo
    preprocessing: Preprocessing
    settings: EvaluationSettings
    inside: Subjects
    validation: Subjects | None
    origin: str


def job_of(
    network: nn.Module,
    data: Data | None,
    *,
    settings: EvaluationSettings,
    threshold_data: Data | None = None,
    preprocessing: Preprocessing | PreprocessingFlags | None = None,
    allow_outside: bool = False,
) -> Job:
    """Return what is to be evaluated; ``data`` None is what the checkpoint records.

    Raises
    ------
    UsageError
        If there are no data, no such split, or the threshold would come from the images evaluated.
    DataError
        If the data cannot be opened, or are not of two classes.
    """
    info = model_info(network)
    prepared = _prepared(info, preprocessing)
    source = info.data if data is None else data
    if source is None:
        raise UsageError("the checkpoint records no data: say with --data (data=) what to evaluate on")
    collection = open_all(source, allow_outside=allow_outside)
    inside = subjects_of(collection, prepared, split=settings.split, limit=settings.limit, classes=info.classes)
    if settings.threshold is not None:
        return Job(network, info, prepared, settings, inside, None, "given")
    other = collection if threshold_data is None else open_all(threshold_data, allow_outside=allow_outside)
    wanted = settings.threshold_split
    if wanted not in other.splits:
        return Job(network, info, prepared, settings, inside, None, _lacking(other, wanted))
    if other is collection and inside.split in (wanted, None):
        raise UsageError(
            f"the threshold would come from the split {wanted!r}, which is evaluated: "
            "choose another --threshold-split, or give --threshold"
        )
    validation = subjects_of(other, prepared, split=wanted, limit=settings.limit, classes=info.classes)
    return Job(network, info, prepared, settings, inside, validation, "")


def _lacking(collection: Collection, wanted: str) -> str:
    """Return why there is no validation split; only the default may be missing."""
    if wanted == EvaluationSettings.threshold_split:
        return f"{UNINFORMED}, since {collection.source} has no split {wanted!r}"
    known = ", ".join(collection.splits) or "no splits"
    raise UsageError(f"{collection.source} has no split {wanted!r} to take the threshold from: it has {known}")


def _prepared(info: ModelInfo, given: Preprocessing | PreprocessingFlags | None) -> Preprocessing:
    """Return what was given, else what the checkpoint records, else the architecture's own, with the flags applied."""
    if isinstance(given, Preprocessing):
        return given
    found = info.preprocessing or default_preprocessing(info.arch)
    return given.applied_to(found) if given else found


def first_images(subjects: Subjects) -> Tensor:
    """Return the pixels, (n, C, H, W), of what can be read of the first few images: the detector is tried on them.

    Raises
    ------
    DataError
        If none of all the images can be read.
    """
    found, reason = [], ""
    for number in range(len(subjects)):
        decoded = subjects.dataset[number]
        if decoded.pixels is not None:
            found.append(decoded.pixels)
        elif not reason:
            reason = f"{subjects.name(number)}: {decoded.failure}"
        if found and number + 1 >= FEW:
            break
    if not found:
        raise DataError(f"none of the {len(subjects)} images of {subjects.source} could be read; the first: {reason}")
    return torch.stack(found)
