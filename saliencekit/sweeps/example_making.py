"""Choosing a few images, and how one network of each loss sees them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..auditing.subjects import normaliser
from ..errors import DataError
from .examples import ExampleMaps

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from ..data import Collection, Sample
    from ..preprocessing import Preprocessing
    from .plan import Plan

MOST = 5


def make_examples(plan: Plan, checkpoints: Mapping[str, Path], sources: Mapping[str, str]) -> ExampleMaps:
    """Return images of a split with the maps of the class that the network of each checkpoint predicts.

    Parameters
    ----------
    plan
        The sweep, for its data, and for the layer that was trained.
    checkpoints, sources
        By loss, a checkpoint and its SHA-256.

    Raises
    ------
    DataError
        If no image chosen can be read.
    """
    import torch

    from ..models import default_preprocessing, load_model, model_info
    from ..training.explainer import explainer

    samples = chosen(_collection(plan))
    images: list[np.ndarray] = []
    humans: list[np.ndarray | None] = []
    maps = {}
    for loss, path in checkpoints.items():
        model = load_model(path)
        info = model_info(model)
        preprocessing = info.preprocessing or default_preprocessing(str(info.arch))
        readable = [(each, pixels) for each in samples if (pixels := _pixels(each.path, preprocessing)) is not None]
        if not readable:
            raise DataError(
                f"none of the example images of {plan.looked_at} can be read, {samples[0].image} among them"
            )
        if not images:
            samples = [each for each, _ in readable]
            images = [pixels.permute(1, 2, 0).numpy() for _, pixels in readable]
            humans = [_human_map(each, preprocessing) for each in samples]
        stack = torch.stack([pixels for _, pixels in readable]).float() / 255
        ready = normaliser(preprocessing, stack.device)(stack)
        extract = explainer(model, ready, layer=plan.recipe.layer, salience=plan.recipe.salience)
        maps[loss] = extract(ready).float().numpy()
    names = tuple(each.image for each in samples)
    return ExampleMaps(plan.split, names, tuple(images), tuple(humans), maps, dict(sources))


def _collection(plan: Plan) -> Collection:
    from ..data import open_data
    from ..data.human_maps import match_human_maps

    collection = open_data(plan.looked_at, allow_outside=plan.allow_outside)
    if plan.human_maps is not None:
        with suppress(DataError):  # the folder may hold those of the training images only
            collection = match_human_maps(collection, plan.human_maps).collection
    every = plan.split == "all" or not collection.splits
    return collection if every else collection.restricted(split=plan.split)


def _pixels(path: Path, preprocessing: Preprocessing) -> Tensor | None:
    from ..data import load_image

    try:
        return load_image(path, preprocessing)
    except DataError:  # the evaluation has counted and named it
        return None


def _human_map(sample: Sample, preprocessing: Preprocessing) -> np.ndarray | None:
    if sample.human_map is None:
        return None
    pixels = _pixels(sample.human_map, replace(preprocessing, channels=1, mean=(0.0,), std=(1.0,)))
    return None if pixels is None else pixels[0].float().numpy()


def chosen(collection: Collection, *, most: int = MOST) -> list[Sample]:
    """Return some images, one of each group in turn, those with human maps first; always the same."""
    groups: dict[tuple[bool, str, int], list[Sample]] = {}
    for each in collection.samples:
        key = (each.human_map is None, each.group or "", each.label if each.label is not None else -1)
        groups.setdefault(key, []).append(each)
    turns = [
        (key[0], turn, place, own[(turn * 2 + 1) * len(own) // (2 * min(most, len(own)))])
        for place, (key, own) in enumerate(sorted(groups.items()))
        for turn in range(min(most, len(own)))
    ]
    picked = sorted(turns, key=lambda each: each[:3])[:most]
    return sorted((each[3] for each in picked), key=lambda sample: sample.image)
