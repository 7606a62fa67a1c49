"""From a model and image files to pictures, raw maps and predictions, a batch at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Literal

import torch
from torch import nn

from .._version import __version__
from ..auditing.networks import gather_runs, preprocessing_of
from ..auditing.progress import progress
from ..auditing.subjects import batches_of
from ..data import Failure
from ..devices import chosen_device
from ..errors import DataError, UsageError
from ..extractors.making import check_word
from ..files import held_alone
from ..models import ModelInfo
from ..models.at_work import device_of
from ..preprocessing import Preprocessing, PreprocessingFlags
from .drawing import ranked, target_score, write_image
from .network import Explainer, class_number, ready
from .result import Explanation, Writer, predictions_file, written_before
from .seeing import Seen, see
from .settings import ExplanationSettings
from .subjects import Subject, gather

Goals = Literal["predicted"] | int | list[int]
Paths = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]


def run_explanation(
    model: str | Path | nn.Module,
    images: Paths,
    *,
    settings: ExplanationSettings | None = None,
    output: str | Path = "explained",
    arch: str | None = None,
    preprocessing: Preprocessing | PreprocessingFlags | None = None,
    trust_pickle: bool = False,
    allow_missing: Sequence[str] = (),
    key: str | None = None,
    overwrite: bool = False,
    show_progress: bool = False,
) -> Explanation:
    """Explain images into a folder; the parameters are those of :func:`saliencekit.explain`."""
    settings = settings or ExplanationSettings()
    for word in settings.methods():
        check_word(word)
    folder = Path(output)
    subjects = gather([images] if isinstance(images, str | os.PathLike) else list(images), avoid=folder)
    skipped = list(subjects.skipped)
    if not subjects.images:
        raise _nothing(skipped)
    run = gather_runs(model, (), arch=arch, trust_pickle=trust_pickle, allow_missing=allow_missing, key=key)[0]
    prepared = preprocessing_of(run.info, preprocessing)
    goals = _goals(settings.target, subjects.images, run.info.classes)
    device = chosen_device(settings.device, here=device_of(model) if isinstance(model, nn.Module) else None)
    with held_alone(folder):
        before = written_before(folder)
        if before and not overwrite:
            raise UsageError(f"{folder} holds an explanation already: choose another folder, or overwrite it")
        with (
            ready(run.network, prepared, device, methods=settings.methods(), layer=settings.layer) as explainer,
            predictions_file(folder, _head(run.info, prepared, settings)) as writer,
            progress("explain", len(subjects.images), show=show_progress) as advance,
        ):
            for batch in batches_of(range(len(subjects.images)), settings.batch_size):
                seen = dict(_read([(each, subjects.images[each]) for each in batch], prepared, skipped))
                if seen:
                    _explain(seen, subjects.images, goals, explainer, writer, folder, settings, run.info.classes)
                advance(len(batch))
            if not writer.count:
                raise _nothing(skipped)
            writer.close([asdict(failure) for failure in skipped])
        if before:
            for path in set(before).difference(written_before(folder)):
                path.unlink(missing_ok=True)
    return Explanation(folder, writer.count, len(skipped))


def _nothing(skipped: Sequence[Failure]) -> DataError:
    if not skipped:
        return DataError("expected at least one image to explain, got none")
    return DataError(f"none of {len(skipped)} images could be read; the first, {skipped[0].image}: {skipped[0].reason}")


def _goals(target: str, images: Sequence[Subject], classes: Sequence[str]) -> Goals:
    """Return the class explained: the predicted, one for all, or one for each image."""
    if target == "predicted":
        return "predicted"
    if target != "label":
        return class_number(target, classes)
    found = []
    for each in images:
        if each.label is None:
            raise DataError(
                f"the target 'label' needs a label for each image, and {each.image} has none: give a folder of class "
                "folders or a manifest"
            )
        found.append(class_number(each.label, classes or ("real", "fake")))
    return found


def _head(info: ModelInfo, preprocessing: Preprocessing, settings: ExplanationSettings) -> dict[str, object]:
    return {
        "saliencekit": __version__,
        "model": {
            "path": info.path,
            "arch": info.arch,
            "sha256": info.sha256,
            "classes": list(info.classes),
            "preprocessing": preprocessing.to_dict(),
        },
        "score": "sigmoid" if info.num_classes == 1 else "softmax",
        "settings": asdict(settings),
    }


def _read(
    batch: Sequence[tuple[int, Subject]], preprocessing: Preprocessing, skipped: list[Failure]
) -> Iterator[tuple[int, Seen]]:
    for number, subject in batch:
        try:
            yield number, see(subject.path, preprocessing)
        except DataError as error:
            skipped.append(Failure(subject.image, str(error)))


def _explain(
    seen: dict[int, Seen],
    subjects: Sequence[Subject],
    goals: Goals,
    explainer: Explainer,
    writer: Writer,
    folder: Path,
    settings: ExplanationSettings,
    classes: Sequence[str],
) -> None:
    pixels = torch.stack([each.pixels for each in seen.values()])
    target = torch.tensor([goals[number] for number in seen]) if isinstance(goals, list) else goals
    found = explainer.explain(pixels, target)
    for place, (number, each) in enumerate(seen.items()):
        logits = found.logits[place]
        entry = write_image(
            folder,
            subjects[number],
            each,
            {word: (layer, found.looks[word][place]) for word, layer in found.layers.items()},
            predicted=ranked(logits, classes, topk=settings.topk),
            target=target_score(logits, int(found.target[place]), classes),
            settings=settings,
        )
        writer.add(entry)
