"""The calls that join rooms: an audit with its report, an evaluation with its figure."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .preprocessing import Preprocessing, PreprocessingFlags

if TYPE_CHECKING:
    from torch import Tensor, nn
    from torch.utils.data import Dataset

    from .auditing import AuditResult
    from .evaluation import Evaluation
    from .evaluation.settings import Precision, Rule, Score
    from .evaluation.subjects import Data


def audit(
    model: str | Path | nn.Module,
    data: str | Path | Tensor | Dataset[Any] | None = None,
    *,
    out_of_set: Sequence[str | Path | Tensor | Dataset[Any]] = (),
    runs: Sequence[str | Path | nn.Module] = (),
    measures: str = "all",
    salience: str = "grad-cam",
    layer: str = "auto",
    target: str | int = "predicted",
    split: str = "auto",
    batch_size: int = 16,
    device: str = "auto",
    precision: str = "32",
    workers: int = -1,
    limit: int | None = None,
    seed: int = 0,
    max_unreadable: float = 0.05,
    save_maps: bool = False,
    output: str | Path = "audit",
    arch: str | None = None,
    preprocessing: Preprocessing | PreprocessingFlags | None = None,
    trust_pickle: bool = False,
    allow_missing: Sequence[str] = (),
    key: str | None = None,
    resume: bool = False,
    overwrite: bool = False,
    progress: bool = False,
) -> AuditResult:
    """Answer the five questions about a model's salience over a data set, into a folder with a report.

    Parameters
    ----------
    model
        A checkpoint's path (see :func:`saliencekit.load_model`), or a network. A network is left as it is.
    data
        A folder, a manifest, a tensor ``(N, C, H, W)`` or a map-style ``Dataset`` of such images; tensors and
        Datasets are given to the network as they are. None takes the data that the checkpoint records, else
        the photographs that ship with scikit-image.
    out_of_set
        Other collections of images, for the shift of entropy.
    runs
        Further training runs of the same architecture, for stability.
    measures
        ``"all"``, or of ``entropy, out_of_set, equivariance, stability, degradation`` some, by commas.
    salience, layer
        The method by its word, ``"attention-rollout"`` and ``"captum:NAME"`` too, and the layer by its name in
        ``model.named_modules()``; the maps of several, joined by ``+``, are fused.
    target
        Class explained: ``"predicted"``, ``"label"`` or a class number.
    split
        Split to audit; ``"auto"`` takes ``test`` where the data have one.
    batch_size, device, precision, workers
        How it is computed; the results do not depend on them, but for the arithmetic's rounding.
    limit
        Audit at most so many images, spread evenly over the sorted list.
    seed
        Every random choice is a function of it and of the image's name.
    max_unreadable
        With a larger share of unreadable files the audit is marked incomplete.
    save_maps
        Keep all clean maps, raw, in ``maps.npy``, in the order of ``records/entropy.parquet``.
    output
        Folder to write.
    arch
        Architecture, where the checkpoint does not tell (``torchvision:resnet50``, ``package.module:callable``).
    preprocessing
        In place of what the checkpoint records or the architecture's published one, or what of it to change.
    trust_pickle, allow_missing, key
        As for :func:`saliencekit.load_model`.
    resume, overwrite
        Go on with an interrupted audit in ``output``; replace a finished one.
    progress
        Draw progress on stderr.

    Returns
    -------
    AuditResult
        ``.summary`` (dict), ``.records`` (data frames by measure), ``.folder``.

    Raises
    ------
    UsageError, ModelError, DataError, EnvironmentFault
        One sentence each; nothing that looks whole is left behind.

    References
    ----------
    [crum2023explain]_
    """
    from dataclasses import replace

    from .auditing import AuditSettings, run_audit
    from .reports import finish_audit, plot

    settings = AuditSettings(
        salience=salience,
        layer=layer,
        target=str(target),
        measures=measures,
        split=split,
        batch_size=batch_size,
        device=device,
        precision=precision,  # type: ignore[arg-type]  # checked by AuditSettings
        workers=workers,
        limit=limit,
        seed=seed,
        max_unreadable=max_unreadable,
        save_maps=save_maps,
    )
    result = run_audit(
        model,
        data,
        out_of_set=out_of_set,
        runs=runs,
        settings=settings,
        output=output,
        arch=arch,
        preprocessing=preprocessing,
        trust_pickle=trust_pickle,
        allow_missing=allow_missing,
        key=key,
        resume=resume,
        overwrite=overwrite,
        show_progress=progress,
        finish=finish_audit,
    )
    return replace(result, draw=plot)


def load_audit(folder: str | os.PathLike[str]) -> AuditResult:
    """Read a finished audit from its folder.

    Parameters
    ----------
    folder
        As ``saliencekit audit`` wrote it.

    Returns
    -------
    AuditResult
        ``.summary`` (dict), ``.records`` (data frames by measure), ``.folder``; ``.frame()`` and ``.plot()``, also of
        one measure: ``result["entropy"].plot()``.

    Raises
    ------
    InputError
        If the folder holds no finished audit, one written by a newer saliencekit, or one whose records are missing or
        are not those that the audit wrote.
    """
    from .auditing import load_audit as loaded
    from .reports import plot

    return loaded(folder, draw=plot)


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
    preprocessing: Preprocessing | PreprocessingFlags | None = None,
    trust_pickle: bool = False,
    allow_missing: Sequence[str] = (),
    key: str | None = None,
    allow_outside: bool = False,
    overwrite: bool = False,
    progress: bool = False,
) -> Evaluation:
    """Measure how well a detector tells synthetic images from real ones, into a folder with a ROC figure.

    Parameters
    ----------
    model
        A checkpoint's path (see :func:`saliencekit.load_model`), or a network, which is left as it is. One logit or
        two.
    data
        A folder or a manifest, or several as one: a table a generator, as the CYBORG authors have them. None takes
        the data that the checkpoint records.
    output
        Folder to write: ``scores.csv``, ``evaluation.json``, ``roc.svg``, and ``validation.csv`` where the images of
        a split gave the threshold.
    split
        Split to evaluate; data that name no splits are taken whole, ``"all"`` takes every split.
    threshold
        Score from which on an image counts as synthetic, 0 to 1. None takes it from ``threshold_split`` (of
        ``threshold_data``, where that is given) by ``threshold_rule``, ``"balanced-accuracy"`` or ``"eer"``; .5 where
        there is no such split.
    score
        ``"sigmoid"`` of the synthetic class's logit, as in the papers, or ``"softmax"``; ``"auto"`` is sigmoid for
        one logit and softmax for two. Both are in the table.
    batch_size, device, precision, workers
        How it is computed; the results do not depend on them, but for the arithmetic's rounding.
    limit
        At most so many images of a split, spread evenly over the sorted list.
    seed, resamples
        Of the bootstrap intervals; 0 resamples leave them out.
    max_unreadable
        With a larger share of unreadable files the evaluation is marked incomplete.
    arch
        Architecture, where the checkpoint does not tell.
    preprocessing
        In place of what the checkpoint records or the architecture's published one, or what of it to change.
    trust_pickle, allow_missing, key
        As for :func:`saliencekit.load_model`.
    allow_outside
        Take paths of a manifest that lead out of its folder.
    overwrite
        Replace the evaluation in ``output``.
    progress
        Draw progress on stderr.

    Returns
    -------
    Evaluation
        ``.summary`` (dict), ``.scores`` (data frame), ``.folder``.

    Raises
    ------
    UsageError, ModelError, DataError, EnvironmentFault
        One sentence each; nothing that looks whole is left behind.

    References
    ----------
    [boyd2023cyborg]_, piland2023droid
    """
    from functools import partial

    from .auditing.progress import progress as drawn
    from .evaluation.run import evaluate as evaluated
    from .reports.roc import write_roc

    return evaluated(
        model,
        data,
        output=output,
        split=split,
        threshold=threshold,
        threshold_split=threshold_split,
        threshold_rule=threshold_rule,
        threshold_data=threshold_data,
        score=score,
        batch_size=batch_size,
        device=device,
        precision=precision,
        workers=workers,
        limit=limit,
        seed=seed,
        resamples=resamples,
        max_unreadable=max_unreadable,
        arch=arch,
        preprocessing=preprocessing,
        trust_pickle=trust_pickle,
        allow_missing=allow_missing,
        key=key,
        allow_outside=allow_outside,
        overwrite=overwrite,
        watch=partial(drawn, show=progress),
        finish=write_roc,
    )
