"""Model and images in, salience maps (N, h, w) out: one method, one file."""

from __future__ import annotations

from ..errors import one_of
from .attention_rollout import AttentionRollout
from .base import Extractor
from .cam import CAM
from .captum_extractor import CaptumExtractor
from .eigen_cam import EigenCAM
from .fusion import FusedExtractor, fused_layers
from .grad_cam import GradCAM
from .grad_cam_pp import GradCAMPlusPlus
from .hires_cam import HiResCAM
from .layer_cam import LayerCAM
from .layers import Layer, candidate_layers, find_layer, linear_head
from .score_cam import ScoreCAM
from .xgrad_cam import XGradCAM

__all__ = [
    "CAM",
    "EXTRACTORS",
    "AttentionRollout",
    "CaptumExtractor",
    "EigenCAM",
    "Extractor",
    "FusedExtractor",
    "GradCAM",
    "GradCAMPlusPlus",
    "HiResCAM",
    "Layer",
    "LayerCAM",
    "ScoreCAM",
    "XGradCAM",
    "candidate_layers",
    "extractor_class",
    "find_layer",
    "fused_layers",
    "linear_head",
]

EXTRACTORS: dict[str, type[Extractor]] = {
    each.word: each
    for each in (
        *(CAM, GradCAM, GradCAMPlusPlus, HiResCAM, LayerCAM, XGradCAM, EigenCAM, ScoreCAM),
        AttentionRollout,
    )
}


def extractor_class(word: str) -> type[Extractor]:
    """Return the extractor that the command line calls ``word``.

    Raises
    ------
    UsageError
        If there is none; the sentence lists the words.

    Examples
    --------
    >>> extractor_class("grad-cam")
    <class 'saliencekit.extractors.grad_cam.GradCAM'>
    """
    return EXTRACTORS[one_of(word, EXTRACTORS, "salience method")]
