"""Tensor in, tensor out: the mathematics of this package. No model, no file, no state, on any device.

Maps are (N, h, w) or (h, w), raw unless said otherwise; nothing writes into its inputs; results are
float32 at least; errors are raised once, at the door.
"""

from .activation import cam, grad_cam
from .blur import blur_sigma, guided_blur
from .bootstrap import Interval, bootstrap_difference, bootstrap_mean
from .correlation import iou_top, pearson, ranks, spearman
from .degradation import random_rank, replace_share, salience_rank, salt_and_pepper
from .entropy import cam_entropy, distribution_entropy, effective_area, histogram_entropy, max_entropy
from .forward_maps import eigen_cam, score_cam
from .geometry import TRANSFORMS, Transform, apply_transform, invert_transform
from .gradient_maps import grad_cam_pp, hires_cam, layer_cam, xgrad_cam
from .logits import class_logit, class_probability, predicted_class, resolve_target
from .normalization import as_distribution, as_unit_range, is_degenerate, quantize
from .random import Draw
from .resizing import resize_maps
from .rollout import attention_rollout
from .similarity import pairs, ssim, ssim_pairs, ssim_window
from .statistics import auroc, auroc_interval, hedges_g, wasserstein
from .warping import flip, rotate, shift

__all__ = [
    "TRANSFORMS",
    "Draw",
    "Interval",
    "Transform",
    "apply_transform",
    "as_distribution",
    "as_unit_range",
    "attention_rollout",
    "auroc",
    "auroc_interval",
    "blur_sigma",
    "bootstrap_difference",
    "bootstrap_mean",
    "cam",
    "cam_entropy",
    "class_logit",
    "class_probability",
    "distribution_entropy",
    "effective_area",
    "eigen_cam",
    "flip",
    "grad_cam",
    "grad_cam_pp",
    "guided_blur",
    "hedges_g",
    "hires_cam",
    "histogram_entropy",
    "invert_transform",
    "iou_top",
    "is_degenerate",
    "layer_cam",
    "max_entropy",
    "pairs",
    "pearson",
    "predicted_class",
    "quantize",
    "random_rank",
    "ranks",
    "replace_share",
    "resize_maps",
    "resolve_target",
    "rotate",
    "salience_rank",
    "salt_and_pepper",
    "score_cam",
    "shift",
    "spearman",
    "ssim",
    "ssim_pairs",
    "ssim_window",
    "wasserstein",
    "xgrad_cam",
]
