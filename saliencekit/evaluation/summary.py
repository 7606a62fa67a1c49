"""All figures of an evaluation, with intervals: pooled, for each generator, and their mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import InputError
from ..functional import bootstrap_mean, max_entropy
from .metrics import METRICS, Metric
from .resamples import resampled
from .scores import Scores
from .trials import Trials, generators, trials_of

Plain = dict[str, Any]
Draws = Mapping[str, Tensor]
TAILS = (0.025, 0.975)
POINTS = 400


def summarise(scores: Scores, *, score: str, threshold: float, resamples: int, seed: int) -> Plain:
    """Return ``pooled``, ``groups``, ``macro``, ``roc`` and ``roc_groups``, as they are written.

    Parameters
    ----------
    scores
        Of the images evaluated.
    score
        ``"sigmoid"`` or ``"softmax"``: what ranks. Brier and ECE are of the softmax, which is the probability.
    threshold
        Of the score.
    resamples, seed
        Of the bootstrap; 0 resamples leave the intervals out.

    Returns
    -------
    dict
        Each figure is ``value``, ``ci_low``, ``ci_high`` (95 %, percentile), and ``reason`` where the value is null.
    """
    groups: dict[str, Plain] = {}
    drawn: dict[str, Draws] = {}
    roc_groups: dict[str, Plain] = {}
    for group in generators(scores):  # one set in memory at a time
        trials = trials_of(scores, score=score, threshold=threshold, group=group)
        groups[trials.name], drawn[trials.name] = _figures(trials, resamples, seed)
        if trials.real:
            roc_groups[trials.name] = thinned_roc(trials)
    trials = trials_of(scores, score=score, threshold=threshold)
    pooled, of_all = _figures(trials, resamples, seed)
    return {
        "pooled": _with_worst(pooled, of_all, groups, drawn),
        "groups": groups,
        "macro": _macro(groups, drawn),
        "roc": thinned_roc(trials) if trials.real and trials.fake else None,
        "roc_groups": roc_groups,
    }


def _figures(trials: Trials, resamples: int, seed: int) -> tuple[Plain, Draws]:
    drawn = resampled(trials, resamples=resamples, seed=seed) if resamples else {}
    figures: Plain = {"n": {"real": trials.real, "synthetic": trials.fake}}
    return figures | {name: _entry(metric, trials, drawn.get(name)) for name, metric in METRICS.items()}, drawn


def _entry(metric: Metric, trials: Trials, drawn: Tensor | None) -> Plain:
    reason = metric.reason_against(trials)
    if reason is None:
        try:
            return entry(metric.value(trials), drawn)
        except InputError as error:
            reason = str(error)
    return not_applicable(reason)


def entry(value: float, drawn: Tensor | None) -> Plain:
    """Return a figure with its interval: the percentiles of its resamples, null where one in twenty has no value.

    >>> entry(0.5, torch.tensor([0.25, 0.75]))
    {'value': 0.5, 'ci_low': 0.2625, 'ci_high': 0.7375}
    """
    low = high = None
    if drawn is not None:
        known = drawn[drawn.isfinite()].double()
        if len(known) >= 0.95 * len(drawn):
            low, high = (round(float(each), 12) for each in np.quantile(known.numpy(), TAILS))
    return {"value": value, "ci_low": low, "ci_high": high}


def not_applicable(reason: str) -> Plain:
    """Return a figure that has no value, with the reason.

    >>> not_applicable("no real image was scored")["value"] is None
    True
    """
    return {"value": None, "ci_low": None, "ci_high": None, "reason": reason}


def _with_worst(pooled: Plain, of_all: Draws, groups: Mapping[str, Plain], drawn: Mapping[str, Draws]) -> Plain:
    """Put APCER of the worst generator (ISO/IEC 30107-3) in place of that over all attacks, and ACER with it."""
    result = {**pooled, "apcer_pooled": pooled["apcer"]}
    if not groups:
        return result
    worst = max(groups, key=lambda name: groups[name]["apcer"]["value"])
    apcer = groups[worst]["apcer"]["value"]
    highest = torch.stack([each["apcer"] for each in drawn.values()]).amax(0) if of_all else None
    result["apcer"] = {**entry(apcer, highest), "worst": worst}
    bpcer = pooled["bpcer"]["value"]
    if bpcer is not None:
        result["acer"] = entry((apcer + bpcer) / 2, None if highest is None else (highest + of_all["bpcer"]) / 2)
    return result


def _macro(groups: Mapping[str, Plain], drawn: Mapping[str, Draws]) -> Plain:
    if not groups:
        return dict.fromkeys(METRICS, not_applicable("the synthetic images name no groups"))
    return {name: _mean(name, groups, drawn) for name in METRICS}


def _mean(name: str, groups: Mapping[str, Plain], drawn: Mapping[str, Draws]) -> Plain:
    lacking = [group for group, figures in groups.items() if figures[name]["value"] is None]
    if lacking:
        return not_applicable(f"{lacking[0]}: {groups[lacking[0]][name]['reason']}")
    values = [figures[name]["value"] for figures in groups.values()]
    draws = [each[name] for each in drawn.values() if each]
    return entry(sum(values) / len(values), torch.stack(draws).mean(0) if draws else None)


def thinned_roc(trials: Trials, *, points: int = POINTS) -> Plain:
    """Return at most ``points`` points of the ROC curve, from (0, 0) to (1, 1).

    They are spread evenly along the curve and, a third of them, evenly over the logarithm of the false positive rate,
    so that low rates keep their shape.

    Examples
    --------
    >>> scores = torch.tensor([0.1, 0.9], dtype=torch.float64)
    >>> thinned_roc(Trials("all", scores, scores, scores > 0.5, 0.5))
    {'fpr': [0.0, 0.0, 1.0], 'tpr': [0.0, 1.0, 1.0]}
    """
    hits, alarms = (np.concatenate([[0.0], each.numpy()]) for each in trials.curve[1:])
    tpr, fpr = hits / hits[-1], alarms / alarms[-1]
    if len(fpr) > points:
        along = np.searchsorted(fpr + tpr, np.linspace(0, 2, points - points // 3 - 2))
        low = np.searchsorted(fpr, np.geomspace(1 / trials.real, 1, points // 3), side="right") - 1
        kept = np.unique(np.concatenate([[0, len(fpr) - 1], along, low]).clip(0, len(fpr) - 1))
        tpr, fpr = tpr[kept], fpr[kept]
    return {"fpr": _rounded(fpr), "tpr": _rounded(tpr)}


def _rounded(rates: np.ndarray) -> list[float]:
    return [float(f"{each:.7g}") for each in rates.tolist()]


def entropy_summary(scores: Scores, *, reason: str | None, grid: tuple[int, ...], resamples: int, seed: int) -> Plain:
    """Return the mean entropy of the CAM of the predicted class, over all images and by class, in nats.

    ``reason`` says why there is none; ``grid`` is the size of the maps.
    """
    if scores.entropy is None:
        return not_applicable(reason or "the head allows no CAM")
    every = torch.from_numpy(scores.entropy)
    chosen = {"real": torch.from_numpy(~scores.synthetic), "synthetic": torch.from_numpy(scores.synthetic)}
    means = {name: _mean_of(every[mask], resamples, seed) for name, mask in chosen.items() if bool(mask.any())}
    return {
        **_mean_of(every, resamples, seed),
        "unit": "nats",
        "maximum": max_entropy(torch.zeros(grid)),
        "degenerate": scores.degenerate,
        "labels": means,
    }


def _mean_of(values: Tensor, resamples: int, seed: int) -> Plain:
    found = bootstrap_mean(values, resamples=max(1, resamples), seed=seed)
    ends = (found.low, found.high) if resamples else (None, None)
    return {"value": found.value, "ci_low": ends[0], "ci_high": ends[1], "std": found.std, "n": found.n}
