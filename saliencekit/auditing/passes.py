"""A pass over images: decode, measure, record, part by part; and the few images that serve as the others."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ..devices import decoding_processes, in_halves
from ..errors import DataError
from ..measures import OutOfSet
from ..models.dry_run import refuse_probabilities, refuse_randomness
from . import averages
from .crew import Crew
from .engine import Engine
from .found import Found
from .others import Others
from .parts import Parts
from .progress import progress
from .recording import Recorder
from .subjects import Subjects, batches_of

if TYPE_CHECKING:
    import pandas as pd

OTHERS = 32  # images whose maps stand for "another image" in the null values


@dataclass(frozen=True)
class Pass:
    """One way through one set of images.

    Parameters
    ----------
    subjects
        The images.
    parts
        Where the records go.
    outlier
        The measure that takes these images as out-of-set; None for the images audited.
    """

    subjects: Subjects
    parts: Parts
    outlier: OutOfSet | None = None


@torch.inference_mode()
def run_pass(
    each: Pass,
    engine: Engine,
    crew: Crew,
    *,
    classes: tuple[str, ...],
    batch_size: int,
    workers: int,
    save_maps: bool,
    show: bool,
) -> None:
    """Do this process's missing parts of a pass."""
    missing = each.parts.missing(rank=crew.rank, world=crew.world)
    work = [(part, batch) for part in missing for batch in batches_of(each.parts.numbers(part), batch_size)]
    images = sum(len(batch) for _, batch in work)
    processes = decoding_processes(workers, images, crew.device)
    loader = each.subjects.loader([batch for _, batch in work], workers=processes)
    with progress(each.subjects.name, images, show=show) as advance:
        keep = save_maps and each.outlier is None
        recorder = Recorder(each.subjects, classes, keep_maps=keep)
        for (part, batch), loaded, last in zip(work, loader, _ends([part for part, _ in work]), strict=True):
            for number, reason in loaded.failures:
                recorder.skip(number, reason)
            index = loaded.index.tolist()
            if index:
                recorder.add(index, _measure(each, engine, loaded.pixels, index))
            if last:
                maps = recorder.maps() if keep else None
                each.parts.write(part, _frames(recorder, inside=each.outlier is None), recorder.account(), maps)
                recorder = Recorder(each.subjects, classes, keep_maps=keep)
            advance(len(batch))


@torch.inference_mode()
def with_others(
    engine: Engine, subjects: Subjects, *, seed: int, classes: tuple[str, ...] = ()
) -> tuple[Engine, Tensor]:
    """Return the engine with the maps of a few images drawn by the seed, and those images' pixels.

    This is also the dry run: whatever is wrong with the network or with all of the files shows here, before
    the long loop and before anything is written.

    Raises
    ------
    DataError
        If no image can be read.
    """
    if engine.target == "label" and None in subjects.labels:
        image = subjects.images[subjects.labels.index(None)]
        raise DataError(f"the target 'label' needs a label for each image, and {subjects.source} has none for {image}")
    _refuse_foreign_labels(engine, subjects, classes)
    index, pixels = _drawn(subjects, seed)
    if subjects.as_network_takes:
        shown = engine.to_device(pixels)  # bytes are shares there
        engine = replace(engine, value_range=(float(shown.min()), float(shown.max())))
    images = tuple(subjects.images[each] for each in index)

    def look(some: slice) -> tuple[Tensor, Tensor]:
        clean = engine.look(pixels[some], images[some], subjects.label_tensor(index[some]))
        return clean.runs.clone(), clean.logits.clone()

    runs, logits = reduce(_joined, (in_halves(look, some, _joined) for some in few_at_a_time(len(images))))
    refuse_probabilities(logits)
    engine = replace(engine, others=Others(images, runs))
    twice = [0, 0]  # an extractor restores the random state between two calls, so that one call must show it
    again = engine.look(pixels[twice], [images[0]] * 2, subjects.label_tensor([index[0]] * 2))
    refuse_randomness(again.logits)
    engine.measure(pixels[:1], images[:1], subjects.label_tensor(index[:1]))  # each view once: some change the size
    return engine, pixels


def few_at_a_time(count: int) -> list[slice]:
    """Cut the images that serve as the others into a few at a time.

    >>> few_at_a_time(10)
    [slice(0, 8, None), slice(8, 10, None)]
    """
    return [slice(start, min(start + 8, count)) for start in range(0, count, 8)]


def _joined(a: tuple[Tensor, Tensor], b: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    return torch.cat([a[0], b[0]], dim=1), torch.cat([a[1], b[1]])


def _refuse_foreign_labels(engine: Engine, subjects: Subjects, classes: tuple[str, ...]) -> None:
    """With the target "label", the labels must be classes of the model."""
    if engine.target == "label" and subjects.classes and not set(subjects.classes) <= set(classes):
        raise DataError(
            f"the target 'label' needs labels that are classes of the model: of {', '.join(subjects.classes)} "
            f"not all are among {', '.join(classes[:10]) or 'its classes, which have no names'}"
        )


def _drawn(subjects: Subjects, seed: int) -> tuple[list[int], Tensor]:
    """Decode the first readable images in an order that depends on the seed and their names alone."""
    keys = [hashlib.sha256(f"{seed} {image}".encode("utf-8", "backslashreplace")).digest() for image in subjects.images]
    found: list[tuple[int, Tensor]] = []
    failure = ""
    for number in sorted(range(len(keys)), key=keys.__getitem__):
        decoded = subjects.dataset[number]
        if decoded.pixels is None:
            failure = failure or f"{subjects.images[number]}: {decoded.failure}"
        else:
            found.append((number, decoded.pixels))
        if len(found) == OTHERS:
            break
    if not found:
        raise DataError(f"none of the {len(keys)} images of {subjects.source} could be read; the first: {failure}")
    return [number for number, _ in found], torch.stack([pixels for _, pixels in found])


def _frames(recorder: Recorder, *, inside: bool) -> dict[str, pd.DataFrame]:
    """Return what a part holds: the records, and of the images audited the sums of their maps."""
    sums = recorder.average_maps() if inside else None
    return recorder.frames() if sums is None else {**recorder.frames(), averages.NAME: sums}


def _measure(each: Pass, engine: Engine, pixels: Tensor, index: Sequence[int]) -> Found:
    images = [each.subjects.images[number] for number in index]
    if each.outlier is None:
        return engine.measure(pixels, images, each.subjects.label_tensor(index))
    return engine.measure_set(each.outlier, each.subjects.name, pixels, images)


def _ends(parts: Sequence[int]) -> Iterator[bool]:
    """Say of each batch whether it is the last of its part."""
    for place, part in enumerate(parts):
        yield place + 1 == len(parts) or parts[place + 1] != part
