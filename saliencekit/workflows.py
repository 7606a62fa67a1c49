"""The calls that join rooms: an audit with its report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .preprocessing import Preprocessing, PreprocessingFlags

if TYPE_CHECKING:
    from torch import Tensor, nn
    from torch.utils.data import Dataset

    from .auditing import AuditResult


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
        The method by its command-line word, and the layer by its name in ``model.named_modules()``.
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
    trust_pickle, allow_missing
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
    crum2023explain
    """
    from .auditing import AuditSettings, run_audit
    from .reports import write_report

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
    return run_audit(
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
        resume=resume,
        overwrite=overwrite,
        show_progress=progress,
        finish=write_report,
    )
