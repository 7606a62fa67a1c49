"""The files of one image: raw maps, overlays, a figure, and what is said of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..extractors.for_captum.methods import PREFIX
from ..files import written_whole
from ..functional.logits import class_probability
from ..reports.text import number
from ..showing.overlay import overlay
from .network import Look
from .panels import Panel, side_by_side
from .seeing import Seen
from .settings import ExplanationSettings
from .subjects import Subject

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor


def ranked(logits: Tensor, classes: Sequence[str], *, topk: int) -> list[dict[str, Any]]:
    """Return the classes of one image by their scores, highest first.

    Parameters
    ----------
    logits
        (K,).
    classes
        Their names; numbers stand for those that have none.
    topk
        At most so many.

    Examples
    --------
    >>> import torch
    >>> ranked(torch.tensor([0.0, 2.0]), ("real", "fake"), topk=1)
    [{'class': 'fake', 'index': 1, 'score': 0.8807970285415649}]
    """
    import torch

    count = max(2, len(logits))
    scores = class_probability(logits.expand(count, -1), torch.arange(count))
    order = scores.nan_to_num(-1.0).argsort(descending=True, stable=True)[:topk].tolist()
    return [scored(index, scores[index], classes) for index in order]


def scored(index: int, score: Tensor, classes: Sequence[str]) -> dict[str, Any]:
    """Return a class by name, number and score; the score is null where it is no number."""
    value = float(score)
    name = classes[index] if index < len(classes) else str(index)
    return {"class": name, "index": index, "score": _finite(value)}


def target_score(logits: Tensor, index: int, classes: Sequence[str]) -> dict[str, Any]:
    """Return the class explained, as :func:`ranked` gives it."""
    import torch

    return scored(index, class_probability(logits[None], torch.tensor([index]))[0], classes)


def write_image(
    folder: Path,
    subject: Subject,
    seen: Seen,
    looks: Mapping[str, tuple[str, Look]],
    *,
    predicted: list[dict[str, Any]],
    target: dict[str, Any],
    settings: ExplanationSettings,
) -> dict[str, Any]:
    """Write the files of one image and return its entry in ``predictions.json``.

    ``looks`` are the layer and what was found, by the method's word.
    """
    panels = [Panel(seen.picture, (subject.image.rpartition("/")[2], *(_line(each) for each in predicted[:1])))]
    salience = {}
    for word, (layer, look) in looks.items():
        stem = f"{subject.stem}.{word.replace(':', '-')}"
        values = look.salience.numpy()
        drawn = magnitude(values) if word.startswith(PREFIX) else values
        over = overlay(seen.picture, drawn, strength=settings.alpha, colormap=settings.colormap, box=seen.box)
        _write_map(folder / f"{stem}.npy", values)
        _write_picture(folder / f"{stem}.png", over)
        salience[word] = {
            "layer": layer,
            "grid": list(values.shape),
            "low": _finite(values.min()),
            "high": _finite(values.max()),
            "entropy": look.entropy,
            "degenerate": look.degenerate,
            "map": f"{stem}.npy",
            "overlay": f"{stem}.png",
        }
        panels.append(Panel(over, (word, f"{_line(target)}, {_said(word, look)}")))
    figure = None
    if settings.side_by_side or len(looks) > 1:
        figure = f"{subject.stem}.salience.png"
        _write_picture(folder / figure, side_by_side(panels, colormap=settings.colormap))
    return {
        "image": subject.image,
        "label": subject.label,
        "size": list(seen.size),
        "predicted": predicted,
        "target": target,
        "salience": salience,
        "figure": figure,
    }


def magnitude(values: np.ndarray) -> np.ndarray:
    """Return a map of pixels as it is drawn: without signs, and at most its 99th percentile.

    Few pixels hold nearly all of an attribution, of both signs: scaled to its own range it would be one colour.

    Examples
    --------
    >>> import numpy as np
    >>> magnitude(np.array([[0.0, -2.0], [1.0, 0.0]])).round(2).tolist()
    [[0.0, 1.97], [1.0, 0.0]]
    """
    import numpy as np

    sizes = np.abs(values)
    top = float(np.quantile(sizes, 0.99))
    drawn: np.ndarray = np.minimum(sizes, top) if top > 0 else sizes
    return drawn


def _said(word: str, look: Look) -> str:
    """Return what the figure says of a map: how far it is spread, out of the most that its grid allows."""
    if look.degenerate:
        return "flat map: nothing stands out"
    if word.startswith(PREFIX):  # the zeros of a signed map lie amid its range: its entropy says little
        return "magnitude"
    return f"{look.entropy:.2f} of {math.log(look.salience.numel()):.2f} nats"


def _line(each: Mapping[str, Any]) -> str:
    return f"{each['class']} {number(each['score'])}"


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _write_map(path: Path, values: np.ndarray) -> None:
    import numpy as np

    with written_whole(path) as temporary, temporary.open("wb") as stream:
        np.save(stream, values, allow_pickle=False)


def _write_picture(path: Path, picture: np.ndarray) -> None:
    from PIL import Image

    with written_whole(path) as temporary:
        Image.fromarray(picture).save(temporary, format="PNG")
