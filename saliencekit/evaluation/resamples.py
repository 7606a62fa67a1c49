"""The same figures of a thousand resamples at once, from how often each image is drawn."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..functional.curves import counts_at
from ..functional.detection import curve_auroc, curve_average_precision, curve_eer, curve_tpr_at
from ..functional.resampling import resampled_weights
from .metrics import BINS, LOW_RATES
from .trials import Trials


def resampled(trials: Trials, *, resamples: int, seed: int) -> dict[str, Tensor]:
    """Return every figure of every resample, each (resamples,) float64; NaN where it has no value.

    Real images are drawn from all the real ones, synthetic ones from all of this set. The draws of the real images
    are the same for every set of as many: figures of several generators go up and down together, as they would if
    other real images had been photographed.

    Examples
    --------
    >>> scores = torch.tensor([0.1, 0.2, 0.8, 0.9], dtype=torch.float64)
    >>> trials = Trials("all", scores, scores, scores > 0.5, threshold=0.5)
    >>> resampled(trials, resamples=3, seed=0)["auroc"]
    tensor([1., 1., 1.], dtype=torch.float64)
    """
    sizes = {"real": trials.real, f"synthetic {trials.name}": trials.fake}
    strata = {name: size for name, size in sizes.items() if size}
    parts = [_figures(trials, weights) for weights in resampled_weights(strata, resamples=resamples, seed=seed)]
    return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}


def _figures(trials: Trials, weights: Tensor) -> dict[str, Tensor]:
    parts = (_ranked, _decided, _spread, _calibrated)
    return {name: figure for part in parts for name, figure in part(trials, weights).items()}


def _ranked(trials: Trials, weights: Tensor) -> dict[str, Tensor]:
    """What follows from the curve."""
    hits, alarms = counts_at(weights.index_select(1, trials.order), trials.ordered_labels, trials.ends)
    return {
        "auroc": curve_auroc(hits, alarms),
        "average_precision": curve_average_precision(hits, alarms),
        "eer": curve_eer(hits, alarms).double(),
        **{name: curve_tpr_at(hits, alarms, rate).double() for name, rate in LOW_RATES.items()},
    }


def _decided(trials: Trials, weights: Tensor) -> dict[str, Tensor]:
    """What follows from the threshold."""
    real, fake = trials.real, trials.fake
    alarms = (weights[:, :real] @ trials.called[:real].to(weights)).double()
    misses = (weights[:, real:] @ (~trials.called[real:]).to(weights)).double()
    apcer, bpcer = misses / fake, alarms / real
    return {
        "accuracy": 1 - (misses + alarms) / (real + fake),
        "balanced_accuracy": 1 - (apcer + bpcer) / 2,
        "apcer": apcer,
        "bpcer": bpcer,
        "acer": (apcer + bpcer) / 2,
    }


def _spread(trials: Trials, weights: Tensor) -> dict[str, Tensor]:
    """d': mean and variance of both classes."""
    real = trials.real
    low, low_variance = _moments(trials.scores[:real], weights[:, :real])
    high, high_variance = _moments(trials.scores[real:], weights[:, real:])
    spread = ((low_variance + high_variance) / 2).sqrt()
    return {"d_prime": torch.where(spread > 1e-9, (high - low) / spread, torch.nan)}


def _moments(scores: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and variance (n - 1) of scores (n,) under each row of weights (r, n), float64."""
    count = len(scores)
    if count < 2:
        return (torch.full((len(weights),), torch.nan, dtype=torch.float64),) * 2
    origin = scores.mean()
    centred = (scores - origin).to(weights)
    mean = (weights @ centred).double() / count
    square = (weights @ centred.square()).double() / count
    return mean + origin, (square - mean.square()).clamp(min=0) * (count / (count - 1))


def _calibrated(trials: Trials, weights: Tensor) -> dict[str, Tensor]:
    """Brier and ECE, of the probability."""
    count, residuals = len(trials.labels), trials.residuals.to(weights)
    gaps = [np.bincount(trials.bins, row, minlength=BINS) for row in (weights * residuals).double().numpy()]
    return {
        "brier": (weights @ residuals.square()).double() / count,
        "ece": torch.from_numpy(np.stack(gaps)).abs().sum(1) / count,
    }
