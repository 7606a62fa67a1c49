"""A few images of a sweep's data with the maps of one run of each loss, kept beside the sweep's table."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..files import sha256, written_whole
from .outcome import is_finished, run_folder

if TYPE_CHECKING:
    import numpy as np

    from .plan import Plan

FILE = "examples.npz"


@dataclass(frozen=True)
class ExampleMaps:
    """Images, their human maps, and how a network of each loss sees them.

    Parameters
    ----------
    split
        Where the images are from.
    names
        Identities of the images.
    images
        (H, W, C) uint8 each, as the first network gets them but for scale, mean and deviation.
    human_maps
        (h, w) float32 each, or None where an image has none.
    maps
        By loss, (images, h, w) float32, raw maps of the class predicted.
    sources
        By loss, the SHA-256 of the checkpoint.
    """

    split: str
    names: tuple[str, ...]
    images: tuple[np.ndarray, ...]
    human_maps: tuple[np.ndarray | None, ...]
    maps: Mapping[str, np.ndarray]
    sources: Mapping[str, str]


def keep_examples(plan: Plan) -> ExampleMaps | None:
    """Keep a few images in the sweep's folder, with the maps of each loss's first finished run, and return them.

    Those that are kept already are left as they are if they are of the same checkpoints. None without a run.
    """
    from .example_making import make_examples

    checkpoints = {}
    for loss in plan.losses:
        finished = [seed for seed in plan.seeds if is_finished(run_folder(plan.folder, loss, seed))]
        if finished:
            checkpoints[loss] = run_folder(plan.folder, loss, finished[0]) / "model.pt"
    if not checkpoints:
        return None
    sources = {loss: sha256(path) for loss, path in checkpoints.items()}
    kept = load_examples(plan.folder)
    if kept is not None and (list(kept.sources.items()), kept.split) == (list(sources.items()), plan.split):
        return kept
    made = make_examples(plan, checkpoints, sources)
    _keep(plan.folder / FILE, made)
    return made


def load_examples(sweep: Path) -> ExampleMaps | None:
    """Return the example maps that a sweep's folder keeps; None where it keeps none that can be read."""
    import numpy as np

    try:
        with np.load(sweep / FILE, allow_pickle=False) as stored:
            names, losses = stored["names"].tolist(), stored["losses"].tolist()
            return ExampleMaps(
                split=str(stored["split"]),
                names=tuple(names),
                images=tuple(stored[f"image_{place}"] for place in range(len(names))),
                human_maps=tuple(stored.get(f"human_{place}") for place in range(len(names))),
                maps={loss: stored[f"maps_{place}"] for place, loss in enumerate(losses)},
                sources=dict(zip(losses, stored["sources"].tolist(), strict=True)),
            )
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):  # it is made again
        return None


def _keep(path: Path, made: ExampleMaps) -> None:
    import numpy as np

    losses = list(made.maps)
    arrays: dict[str, Any] = {
        "split": made.split,
        "names": np.array(made.names),
        "losses": np.array(losses),
        "sources": np.array([made.sources[loss] for loss in losses]),
        **{f"image_{place}": each for place, each in enumerate(made.images)},
        **{f"human_{place}": each for place, each in enumerate(made.human_maps) if each is not None},
        **{f"maps_{place}": made.maps[loss] for place, loss in enumerate(losses)},
    }
    with written_whole(path) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, **arrays)
