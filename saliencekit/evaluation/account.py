"""What an evaluation says of itself: the model, the images and what became of each, the settings, the versions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from .._version import __version__
from ..data import Failure
from ..versions import versions
from .classes import FAKE, REAL
from .detector import Detector
from .job import Job
from .result import SCHEMA_VERSION
from .scores import Scores
from .subjects import Subjects
from .threshold import Threshold

Plain = dict[str, Any]
ENGINES = ("torch", "torchvision", "torchmetrics", "numpy", "scipy", "pillow")


def account(job: Job, detector: Detector, scores: Scores, *, score: str, threshold: Threshold) -> Plain:
    """Return everything of ``evaluation.json`` that is no figure."""
    data = data_account(job.inside, scores)
    return {
        "schema_version": SCHEMA_VERSION,
        "saliencekit": __version__,
        "complete": max(data["skipped_share"], threshold.skipped_share) <= job.settings.max_unreadable,
        "model": model_account(job, detector),
        "data": data,
        "score": {
            "name": score,
            "asked_for": job.settings.score,
            "means": f"{score} of the logit of {class_name(detector)}" if score == "sigmoid" else _softmax(detector),
            "calibration": "softmax" if detector.logits > 1 else "sigmoid",
            "saturated": int(np.isin(scores.named(score), (0.0, 1.0)).sum()),
        },
        "threshold": {
            "value": threshold.value,
            "taken_from": threshold.taken_from,
            "scored": threshold.scored,
            "skipped": _named(threshold.skipped),
        },
        "counts": {
            "listed": data["listed"],
            "scored": data["scored"],
            "skipped": len(data["skipped"]),
            "excluded": len(data["excluded"]),
            "left_out": data["left_out"],
        },
        "settings": asdict(job.settings),
        "versions": versions(ENGINES),
        "device": str(detector.device),
    }


def _softmax(detector: Detector) -> str:
    return f"softmax probability of {class_name(detector)}"


def class_name(detector: Detector) -> str:
    """Return the name of the model's synthetic class."""
    classes = detector.info.classes
    return classes[detector.synthetic] if len(classes) > detector.synthetic else FAKE


def model_account(job: Job, detector: Detector) -> Plain:
    """Return what was evaluated."""
    info = job.info
    return {
        "path": info.path,
        "arch": info.arch,
        "classes": list(info.classes),
        "synthetic_class": detector.synthetic,
        "logits": detector.logits,
        "parameters": info.parameters,
        "sha256": info.sha256,
        "format": info.format,
        "missing": list(info.missing),
        "layer": detector.layer,
        "grid": list(detector.grid) or None,
        "preprocessing": job.preprocessing.to_dict(),
    }


def data_account(subjects: Subjects, scores: Scores) -> Plain:
    """Return the images listed, scored, skipped and excluded, each once, with counts by class and by generator."""
    fake = int(scores.synthetic.sum())
    return {
        "source": subjects.source,
        "kind": subjects.kind,
        "split": subjects.split,
        "listed": len(subjects),
        "scored": len(scores),
        "skipped": _named(scores.skipped),
        "skipped_share": len(scores.skipped) / len(subjects),
        "excluded": _named(subjects.excluded),
        "left_out": subjects.left_out,
        "labels": {REAL: len(scores) - fake, FAKE: fake},
        "groups": {
            name: counted(scores.groups, scores.group[mask])
            for name, mask in ((REAL, ~scores.synthetic), (FAKE, scores.synthetic))
        },
    }


def _named(failures: Sequence[Failure]) -> list[Plain]:
    return [{"image": each.image, "reason": each.reason} for each in failures]


def counted(words: tuple[str, ...], numbers: np.ndarray) -> dict[str, int]:
    """Return how many images have each word; ``numbers`` into ``words``, -1 for none.

    >>> counted(("a", "b"), np.array([0, 1, 1, -1]))
    {'a': 1, 'b': 2}
    """
    found = np.bincount(numbers[numbers >= 0], minlength=len(words)).tolist()
    return {word: count for word, count in zip(words, found, strict=True) if count}
