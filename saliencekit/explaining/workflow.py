"""The call that explains images, with every setting as an argument."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from torch import nn

from ..preprocessing import Preprocessing, PreprocessingFlags
from .result import Explanation
from .run import Paths, run_explanation
from .settings import ExplanationSettings


def explain(
    model: str | Path | nn.Module,
    images: Paths,
    *,
    salience: str | Sequence[str] = "grad-cam",
    layer: str = "auto",
    target: str | int = "predicted",
    topk: int = 3,
    alpha: float = 0.5,
    colormap: str = "viridis",
    side_by_side: bool = False,
    batch_size: int = 16,
    device: str = "auto",
    output: str | Path = "explained",
    arch: str | None = None,
    preprocessing: Preprocessing | PreprocessingFlags | None = None,
    trust_pickle: bool = False,
    allow_missing: Sequence[str] = (),
    key: str | None = None,
    overwrite: bool = False,
    progress: bool = False,
) -> Explanation:
    """Draw where a model looks in images, and keep the raw maps and the predictions.

    Parameters
    ----------
    model
        A checkpoint's path (see :func:`saliencekit.load_model`), or a network, which is left as it is.
    images
        A file, folder, manifest or pattern (``"photos/**/*.jpg"``), or several.
    salience
        Methods by their words: ``"grad-cam,captum:IntegratedGradients"``, or a sequence of words.
    layer
        Name as in ``model.named_modules()``, several joined by ``+`` (their maps are fused), or ``"auto"``.
    target
        Class explained: ``"predicted"``, ``"label"``, a number, or a class's name.
    topk
        Classes listed for each image.
    alpha
        Share of the colour in an overlay, 0 to 1.
    colormap
        ``"viridis"``, ``"cividis"``, ``"magma"``, ``"inferno"`` or ``"plasma"``.
    side_by_side
        Draw a figure of the image beside its overlays; with several methods there always is one.
    batch_size, device
        How it is computed.
    output
        Folder to write.
    arch, trust_pickle, allow_missing, key
        As for :func:`saliencekit.load_model`.
    preprocessing
        In place of what the checkpoint records or the architecture's published one, or what of it to change.
    overwrite
        Replace the explanation in ``output``.
    progress
        Draw progress on stderr.

    Returns
    -------
    Explanation
        ``.folder``, ``.explained``, ``.skipped``, and ``.predictions``, the content of ``predictions.json``.

    Raises
    ------
    UsageError, ModelError, DataError, EnvironmentFault
        One sentence each. Images that cannot be read are skipped, counted and named, unless that is all of them.
    """
    settings = ExplanationSettings(
        salience=salience if isinstance(salience, str) else ",".join(salience),
        layer=layer,
        target=str(target),
        topk=topk,
        alpha=alpha,
        colormap=colormap,
        side_by_side=side_by_side,
        batch_size=batch_size,
        device=device,
    )
    return run_explanation(
        model,
        images,
        settings=settings,
        output=output,
        arch=arch,
        preprocessing=preprocessing,
        trust_pickle=trust_pickle,
        allow_missing=allow_missing,
        key=key,
        overwrite=overwrite,
        show_progress=progress,
    )
