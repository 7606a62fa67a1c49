"""One pass over the images: scores into a table on the disk as they come, and into arrays for the figures."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch
from torch import Tensor

from ..data import Failure, ImageBatch, collate
from ..devices import decoding_processes
from ..errors import DataError, ModelError
from ..files import written_whole
from .detector import Detector, Look
from .scores import Scores, both_scores
from .subjects import Subjects
from .table import open_table

if TYPE_CHECKING:
    from torch.utils.data import DataLoader

Advance = Callable[[int], None]
Watch = Callable[[str, int], AbstractContextManager[Advance]]


def unwatched(title: str, total: int) -> AbstractContextManager[Advance]:
    """Give a function that draws no progress."""
    del title, total
    return nullcontext(lambda images: None)


def score_images(
    subjects: Subjects,
    detector: Detector,
    path: Path,
    *,
    batch_size: int,
    workers: int,
    watch: Watch = unwatched,
    title: str = "scores",
) -> Scores:
    """Score every image, writing the table at ``path`` batch by batch; it has its name when it is whole.

    Raises
    ------
    DataError
        If no image could be read.
    ModelError
        If a logit is not finite; the first image is named.
    """
    count = len(subjects)
    sigmoid, softmax = np.empty(count), np.empty(count)
    entropy = None if detector.cam is None else np.empty(count, np.float32)
    kept = np.zeros(count, dtype=bool)
    degenerate = 0
    skipped: list[Failure] = []
    with written_whole(path) as temporary, open_table(temporary) as table, watch(title, count) as advance:
        for batch, look in _looks(subjects, detector, batch_size, workers, advance):
            skipped += [Failure(subjects.name(number), reason) for number, reason in batch.failures]
            if look is None:
                continue
            index = batch.index.numpy()
            _refuse_non_finite(look.logits, index, subjects)
            one, other = both_scores(look.logits, detector.synthetic)
            sigmoid[index], softmax[index], kept[index] = one.numpy(), other.numpy(), True
            spread = [""] * len(index) if look.entropy is None else look.entropy.tolist()
            if entropy is not None and look.entropy is not None and look.degenerate is not None:
                entropy[index] = look.entropy.numpy()
                degenerate += int(look.degenerate.sum())
            table.write(subjects, index, one.tolist(), other.tolist(), detector.predicted(look.logits), spread)
        if not kept.any():
            first = f"{skipped[0].image}: {skipped[0].reason}"
            raise DataError(f"none of the {count} images of {subjects.source} could be read; the first: {first}")
    return Scores(
        sigmoid[kept],
        softmax[kept],
        subjects.synthetic[kept],
        subjects.group[kept],
        subjects.groups,
        None if entropy is None else entropy[kept],
        degenerate,
        tuple(skipped),
    )


def _looks(
    subjects: Subjects, detector: Detector, batch_size: int, workers: int, advance: Advance
) -> Iterator[tuple[ImageBatch, Look | None]]:
    """Yield each batch with what it gave, one batch late: the device works on the next while this one is written."""
    waiting: tuple[ImageBatch, Look | None] | None = None
    for batch in _loader(subjects, detector.device, batch_size, workers):
        look = detector.look(batch.pixels) if len(batch) else None
        if waiting is not None:
            yield _fetched(waiting)
        waiting = batch, look
        advance(len(batch) + len(batch.failures))
    if waiting is not None:
        yield _fetched(waiting)


def _fetched(waiting: tuple[ImageBatch, Look | None]) -> tuple[ImageBatch, Look | None]:
    batch, look = waiting
    return batch, None if look is None else look.fetched()


def _loader(subjects: Subjects, device: torch.device, batch_size: int, workers: int) -> DataLoader[Any]:
    from torch.utils.data import DataLoader

    processes = decoding_processes(workers, len(subjects), device)
    return DataLoader(
        cast(Any, subjects.dataset),
        batch_size=batch_size,
        collate_fn=collate,
        num_workers=processes,
        worker_init_fn=_leave_signals_to_the_parent,
        generator=torch.Generator(),  # else each loader draws a number from the global one
        prefetch_factor=4 if processes else None,
        pin_memory=device.type == "cuda",
    )


def _leave_signals_to_the_parent(worker: int) -> None:
    """A signal to the group stops the parent, which stops its workers; they say nothing of their own."""
    del worker
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def _refuse_non_finite(logits: Tensor, index: np.ndarray, subjects: Subjects) -> None:
    finite = logits.isfinite().all(1)
    if not bool(finite.all()):
        image = subjects.name(int(index[int(finite.int().argmin())]))
        raise ModelError(f"the network gave logits that are not finite numbers, first for {image}")
