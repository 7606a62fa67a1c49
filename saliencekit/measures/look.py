"""Images through the network: the clean side of a batch, then each view once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Tensor

from ..errors import InputError
from ..functional import class_probability
from ..functional.logits import Target
from ..functional.random import Draw
from .views import Clean, Extract, Seen, View

Prepare = Callable[[Tensor], Tensor]


def as_they_are(images: Tensor) -> Tensor:
    """Return the images: nothing is done between them and the network."""
    return images


def look_clean(
    extractors: Sequence[Extract],
    images: Tensor,
    *,
    draw: Draw,
    target: Target = "predicted",
    labels: Tensor | None = None,
    low: float = 0.0,
    high: float = 1.0,
    run_names: Sequence[str] = (),
    prepare: Prepare = as_they_are,
    other: Callable[[Tensor], Tensor] | None = None,
) -> Clean:
    """Return the clean side of a batch: maps of every run, and the maps of other images beside them.

    Parameters
    ----------
    extractors
        One a run, the audited model first. Every run explains its own class for the ``target`` asked for.
    images
        ``(N, C, H, W)`` before ``prepare``.
    prepare
        From images to what the network takes (the normalisation).
    other
        From the runs' maps ``(R, N, h, w)`` to their maps of other images, ``(R, N, h, w)`` or
        ``(R, 0, h, w)``; by default the next image of the batch.
    """
    runs = torch.stack(
        _same_grid([extract(_own(prepare(images), images), target=target, labels=labels) for extract in extractors])
    )
    others = (other or _next_image)(runs)
    return Clean(
        images=images,
        maps=runs[0],
        logits=extractors[0].logits,
        target=extractors[0].target,
        draw=draw,
        other=others[0],
        runs=runs,
        other_runs=others,
        run_names=tuple(run_names) or tuple(f"run {each}" for each in range(len(extractors))),
        low=low,
        high=high,
        finite=torch.stack([extract.logits.isfinite().all(1) for extract in extractors]).all(0),
    )


def look_views(
    extract: Extract, clean: Clean, views: Iterable[View], *, prepare: Prepare = as_they_are
) -> dict[str, Seen]:
    """Return what the network shows of each view, by name; the class explained is that of the clean image."""
    seen: dict[str, Seen] = {}
    for view in views:
        maps = extract(prepare(view.make(clean)), target=clean.target)
        score = class_probability(extract.logits, clean.target)
        seen[view.name] = Seen(maps=maps, score=score, finite=extract.logits.isfinite().all(1))
    return seen


def _own(ready: Tensor, images: Tensor) -> Tensor:
    """Return images that the network may write into."""
    return ready.clone() if ready.data_ptr() == images.data_ptr() else ready


def _same_grid(maps: list[Tensor]) -> list[Tensor]:
    for number, each in enumerate(maps):
        if each.shape != maps[0].shape:
            raise InputError(
                f"expected every run to have maps of one size, got {tuple(maps[0].shape[1:])} from the model "
                f"and {tuple(each.shape[1:])} from run {number}: compare runs of one architecture and layer"
            )
    return maps


def _next_image(runs: Tensor) -> Tensor:
    return runs.roll(-1, dims=1) if runs.shape[1] > 1 else runs[:, :0]
