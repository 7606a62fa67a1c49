"""Resampled figures against the figures of the very resamples, image by image."""

import numpy as np
import pytest
import torch
from scipy import stats

from saliencekit.errors import InputError
from saliencekit.evaluation.metrics import METRICS
from saliencekit.evaluation.resamples import resampled
from saliencekit.evaluation.trials import Trials, trials_of
from saliencekit.functional.resampling import resampled_weights


def made(scores_of, seed=0, *, real=120, fake=80, levels=0, shift=1.0):
    random = np.random.default_rng(seed)
    values = [1 / (1 + np.exp(-random.normal(size=size) - mean)) for size, mean in ((real, 0), (fake, shift))]
    if levels:
        values = [np.round(each * levels) / levels for each in values]
    scores = scores_of(real=values[0], gan=values[1])
    scores.softmax[:] = scores.sigmoid**2  # something else than the score
    return trials_of(scores, score="sigmoid", threshold=0.6)


@pytest.mark.parametrize("levels", [0, 5])
def test_equal_to_the_figures_of_the_images_drawn(scores_of, levels):
    trials = made(scores_of, levels=levels)
    drawn = resampled(trials, resamples=12, seed=3)
    strata = {"real": trials.real, f"synthetic {trials.name}": trials.fake}
    weights = torch.cat(list(resampled_weights(strata, resamples=12, seed=3))).long()
    assert set(drawn) == set(METRICS)
    for row in range(12):
        copies = [each.repeat_interleave(weights[row]) for each in (trials.scores, trials.probabilities, trials.labels)]
        again = Trials("gan", *copies, threshold=0.6)
        for name, metric in METRICS.items():
            if name != "tpr_at_fpr_1e-3":  # not applicable to 120 real images
                assert float(drawn[name][row]) == pytest.approx(metric.value(again), abs=2e-6), name


def test_the_same_seed_gives_the_same_and_another_one_others(scores_of):
    trials = made(scores_of)
    one, two, other = (resampled(trials, resamples=5, seed=seed)["auroc"] for seed in (0, 0, 1))
    assert torch.equal(one, two)
    assert not torch.equal(one, other)


def test_sets_share_the_draws_of_the_real_images(scores_of):
    scores = scores_of(real=np.linspace(0.01, 0.99, 50), a=[0.5, 0.6], b=[0.7, 0.8, 0.9])
    one, other = (
        resampled(trials_of(scores, score="sigmoid", threshold=0.5, group=each), resamples=9, seed=0) for each in (0, 1)
    )
    assert torch.equal(one["bpcer"], other["bpcer"])


def test_intervals_are_as_wide_as_theory_says(scores_of):
    """Hanley and McNeil's standard error of AUROC, and the binomial one of BPCER."""
    trials = made(scores_of, real=400, fake=300)
    drawn = resampled(trials, resamples=2000, seed=0)
    pairs = trials.scores[trials.labels][:, None] - trials.scores[~trials.labels]
    area = float((pairs > 0).double().mean())
    low, high = area / (2 - area), 2 * area**2 / (1 + area)
    error = np.sqrt((area * (1 - area) + 299 * (low - area**2) + 399 * (high - area**2)) / (300 * 400))
    assert float(drawn["auroc"].std()) == pytest.approx(error, rel=0.12)
    rate = METRICS["bpcer"].value(trials)
    assert float(drawn["bpcer"].std()) == pytest.approx(stats.binom(400, rate).std() / 400, rel=0.08)


def test_one_class_alone(scores_of):
    trials = trials_of(scores_of(real=[0.2, 0.6, 0.7]), score="sigmoid", threshold=0.5)
    drawn = resampled(trials, resamples=4, seed=0)
    assert drawn["auroc"].isnan().all()
    assert drawn["apcer"].isnan().all()
    assert drawn["accuracy"].isfinite().all()
    assert torch.allclose(drawn["accuracy"], 1 - drawn["bpcer"])


def test_constant_scores_have_no_d_prime(scores_of):
    trials = trials_of(scores_of(real=[0.2] * 5, a=[0.7] * 5), score="sigmoid", threshold=0.5)
    assert resampled(trials, resamples=3, seed=0)["d_prime"].isnan().all()
    with pytest.raises(InputError, match="all the same"):
        METRICS["d_prime"].value(trials)
