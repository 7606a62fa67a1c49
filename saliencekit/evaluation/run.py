"""An evaluation from its first file to its last."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from torch import nn

from ..devices import chosen_device
from ..errors import InputError
from ..files import held_alone, write_json
from ..models import load_model
from ..models.at_work import device_of
from ..preprocessing import Preprocessing, PreprocessingFlags
from .account import account
from .detector import Detector, ready_detector
from .job import Job, first_images, job_of
from .result import SCORES, SUMMARY, VALIDATION, Evaluation, clear, refuse_finished
from .scores import Scores
from .scoring import Watch, score_images, unwatched
from .settings import EvaluationSettings, Precision, Rule, Score
from .subjects import Data, Subjects
from .summary import entropy_summary, summarise
from .threshold import UNINFORMED, Threshold, best_threshold
from .trials import trials_of

Finish = Callable[[Evaluation], object]


def evaluate(
    model: str | Path | nn.Module,
    data: Data | None = None,
    *,
    output: str | Path = "evaluation",
    split: str = "test",
    threshold: float | None = None,
    threshold_split: str = "val",
    threshold_rule: Rule = "balanced-accuracy",
    threshold_data: Data | None = None,
    score: Score = "auto",
    batch_size: int = 64,
    device: str = "auto",
    precision: Precision = "32",
    workers: int = -1,
    limit: int | None = None,
    seed: int = 0,
    resamples: int = 1000,
    max_unreadable: float = 0.05,
    arch: str | None = None,
    trust_pickle: bool = False,
    allow_missing: Sequence[str] = (),
    key: str | None = None,
    preprocessing: Preprocessing | PreprocessingFlags | None = None,
    allow_outside: bool = False,
    overwrite: bool = False,
    watch: Watch = unwatched,
    finish: Finish | None = None,
) -> Evaluation:
    """Run an evaluation without its figure; the parameters are those of :func:`saliencekit.evaluate`.

    ``watch`` and ``finish`` are those of ``run_evaluation``.
    """
    settings = EvaluationSettings(
        split=split,
        threshold=threshold,
        threshold_split=threshold_split,
        threshold_rule=threshold_rule,
        score=score,
        batch_size=batch_size,
        device=device,
        precision=precision,
        workers=workers,
        limit=limit,
        seed=seed,
        resamples=resamples,
        max_unreadable=max_unreadable,
    )
    return run_evaluation(
        model,
        data,
        settings=settings,
        threshold_data=threshold_data,
        output=output,
        arch=arch,
        trust_pickle=trust_pickle,
        allow_missing=allow_missing,
        key=key,
        preprocessing=preprocessing,
        allow_outside=allow_outside,
        overwrite=overwrite,
        watch=watch,
        finish=finish,
    )


def run_evaluation(
    model: str | Path | nn.Module,
    data: Data | None = None,
    *,
    settings: EvaluationSettings | None = None,
    threshold_data: Data | None = None,
    output: str | Path = "evaluation",
    arch: str | None = None,
    trust_pickle: bool = False,
    allow_missing: Sequence[str] = (),
    key: str | None = None,
    preprocessing: Preprocessing | PreprocessingFlags | None = None,
    allow_outside: bool = False,
    overwrite: bool = False,
    watch: Watch = unwatched,
    finish: Finish | None = None,
) -> Evaluation:
    """Run an evaluation into a folder and return what it found.

    Parameters
    ----------
    watch
        Called with a title and a number of images; gives a context with a function to call with each number of
        images done.
    finish
        Called with the evaluation before ``evaluation.json`` is written, which comes last: a folder with it is whole.

    The other parameters are those of :func:`saliencekit.evaluate`.
    """
    started = time.monotonic()
    settings = settings or EvaluationSettings()
    folder = Path(output)
    refuse_finished(folder, overwrite=overwrite)  # before anything slow
    network = (
        model
        if isinstance(model, nn.Module)
        else load_model(model, arch, trust_pickle=trust_pickle, allow_missing=tuple(allow_missing), key=key)
    )
    job = job_of(
        network,
        data,
        settings=settings,
        threshold_data=threshold_data,
        preprocessing=preprocessing,
        allow_outside=allow_outside,
    )
    with held_alone(folder):
        refuse_finished(folder, overwrite=overwrite)
        found = _evaluated(job, folder, watch, given=isinstance(model, nn.Module))
        found.summary["duration_s"] = round(time.monotonic() - started, 3)
        if finish is not None:
            finish(found)
        write_json(folder / SUMMARY, found.summary)
    return found


def _evaluated(job: Job, folder: Path, watch: Watch, *, given: bool) -> Evaluation:
    settings = job.settings
    device = chosen_device(settings.device, here=device_of(job.network) if given else None)
    with ready_detector(
        job.network, job.info, job.preprocessing, first_images(job.inside), device=device, precision=settings.precision
    ) as detector:
        clear(folder)
        score = detector.score_meant(settings.score)
        threshold = _threshold(job, detector, folder, score, watch)
        scores = _scored(job.inside, detector, folder / SCORES, settings, watch)
    summary = account(job, detector, scores, score=score, threshold=threshold)
    summary["entropy"] = entropy_summary(
        scores, reason=detector.no_cam, grid=detector.grid, resamples=settings.resamples, seed=settings.seed
    )
    summary |= summarise(
        scores, score=score, threshold=threshold.value, resamples=settings.resamples, seed=settings.seed
    )
    return Evaluation(folder, summary)


def _scored(subjects: Subjects, detector: Detector, path: Path, settings: EvaluationSettings, watch: Watch) -> Scores:
    title = path.stem
    sizes = {"batch_size": settings.batch_size, "workers": settings.workers}
    return score_images(subjects, detector, path, watch=watch, title=title, **sizes)


def _threshold(job: Job, detector: Detector, folder: Path, score: str, watch: Watch) -> Threshold:
    """Return the threshold that was given, or that the validation images give, or .5 with the reason."""
    settings = job.settings
    if settings.threshold is not None:
        return Threshold(settings.threshold, job.origin)
    if job.validation is None:
        return Threshold(UNINFORMED, job.origin)
    scores = _scored(job.validation, detector, folder / VALIDATION, settings, watch)
    split = f"the split {settings.threshold_split!r} of {job.validation.source}"
    try:
        value = best_threshold(trials_of(scores, score=score, threshold=UNINFORMED), settings.threshold_rule)
        origin = f"{split}, by {settings.threshold_rule}"
    except InputError as error:
        value, origin = UNINFORMED, f"{UNINFORMED}, since {split} will not do: {error}"
    return Threshold(value, origin, len(scores), scores.skipped)
