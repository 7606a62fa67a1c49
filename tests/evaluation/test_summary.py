"""Pooled, by generator and macro; what is not applicable; memory."""

import json
import tracemalloc

import numpy as np
import pytest
import torch

from saliencekit.evaluation.metrics import METRICS
from saliencekit.evaluation.scores import Scores
from saliencekit.evaluation.summary import entropy_summary, entry, summarise, thinned_roc
from saliencekit.evaluation.trials import Trials


def summary(scores, *, threshold=0.5, resamples=50, score="sigmoid"):
    return summarise(scores, score=score, threshold=threshold, resamples=resamples, seed=0)


def test_pooled_by_generator_and_macro_by_hand(scores_of):
    # easy is told apart; of hard one of two is missed and half of the pairs are right
    found = summary(scores_of(real=[0.1, 0.4], easy=[0.9, 0.8, 0.7, 0.6], hard=[0.3, 0.7]))
    assert found["groups"]["easy"]["auroc"]["value"] == 1
    assert found["groups"]["hard"]["auroc"]["value"] == pytest.approx(0.75)
    assert found["macro"]["auroc"]["value"] == pytest.approx(0.875)
    assert found["pooled"]["auroc"]["value"] == pytest.approx(11 / 12)
    assert found["groups"]["hard"]["n"] == {"real": 2, "synthetic": 2}
    assert found["pooled"]["n"] == {"real": 2, "synthetic": 6}
    pooled = found["pooled"]
    assert (pooled["apcer"]["value"], pooled["apcer"]["worst"]) == (0.5, "hard")
    assert pooled["apcer_pooled"]["value"] == pytest.approx(1 / 6)
    assert (pooled["bpcer"]["value"], pooled["acer"]["value"]) == (0, 0.25)
    assert found["macro"]["apcer"]["value"] == 0.25
    assert list(found["groups"]["easy"]) == ["n", *METRICS]
    assert list(found["macro"]) == list(METRICS)


def test_every_interval_holds_its_value(scores_of):
    random = np.random.default_rng(0)
    found = summary(
        scores_of(real=random.random(1500), a=random.random(200) ** 0.5, b=random.random(300) ** 0.7), resamples=400
    )
    for figures in (found["pooled"], found["macro"], *found["groups"].values()):
        for name in METRICS:
            figure = figures[name]
            assert figure["ci_low"] <= figure["value"] <= figure["ci_high"], name
            assert name.startswith("tpr") or figure["ci_low"] < figure["ci_high"], name


def test_no_resamples_no_intervals(scores_of):
    found = summary(scores_of(real=[0.1, 0.4], a=[0.9, 0.2]), resamples=0)
    for figures in (found["pooled"], found["macro"], found["groups"]["a"]):
        for name in METRICS:
            assert (figures[name]["ci_low"], figures[name]["ci_high"]) == (None, None)
    assert found["pooled"]["auroc"]["value"] == 0.75


def test_one_class_alone_has_reasons_and_no_nan(scores_of):
    found = summary(scores_of(real=[0.1, 0.4]))
    assert found["pooled"]["auroc"] == {
        "value": None,
        "ci_low": None,
        "ci_high": None,
        "reason": "no synthetic image was scored",
    }
    assert found["pooled"]["bpcer"]["value"] == 0
    assert found["macro"]["auroc"]["reason"] == "the synthetic images name no groups"
    assert (found["roc"], found["groups"], found["roc_groups"]) == (None, {}, {})
    json.dumps(found, allow_nan=False)
    only_fake = summary(scores_of(a=[0.9], b=[0.2, 0.3]))
    assert only_fake["pooled"]["apcer"] == {"value": 1.0, "ci_low": 1.0, "ci_high": 1.0, "worst": "b"}
    assert only_fake["pooled"]["acer"]["reason"] == "no real image was scored"
    assert only_fake["macro"]["auroc"]["reason"] == "a: no real image was scored"
    json.dumps(only_fake, allow_nan=False)


def test_a_mean_over_generators_needs_them_all(scores_of):
    found = summary(scores_of(real=[0.1, 0.4, 0.2], a=[0.9], b=[0.2, 0.3]))
    assert found["groups"]["b"]["d_prime"]["value"] is not None
    assert found["macro"]["d_prime"]["reason"] == "a: d' needs two scores of each class, got 1 and 3"
    json.dumps(found, allow_nan=False)


def test_synthetic_images_of_no_group_are_pooled(scores_of):
    scores = scores_of(real=[0.1, 0.4], a=[0.9, 0.2, 0.7])
    scores.group[:] = -1
    found = summary(scores)
    assert found["groups"] == {}
    assert found["pooled"]["apcer"] == found["pooled"]["apcer_pooled"]


def test_an_interval_needs_nearly_all_resamples():
    drawn = torch.linspace(0, 1, 101)
    assert entry(0.5, drawn)["ci_low"] == pytest.approx(0.025)
    drawn[:5] = torch.nan
    assert entry(0.5, drawn)["ci_low"] is not None
    drawn[:6] = torch.nan
    assert entry(0.5, drawn) == {"value": 0.5, "ci_low": None, "ci_high": None}


def test_thinned_curve_keeps_the_area():
    random = torch.Generator().manual_seed(0)
    labels = torch.arange(50_000) % 3 == 0
    scores = (torch.randn(50_000, generator=random).double() + labels).sigmoid()
    trials = Trials("all", scores, scores, labels, 0.5)
    roc = thinned_roc(trials)
    fpr, tpr = np.array(roc["fpr"]), np.array(roc["tpr"])
    assert len(fpr) <= 400
    assert (fpr[0], tpr[0], fpr[-1], tpr[-1]) == (0, 0, 1, 1)
    assert (np.diff(fpr) >= 0).all()
    assert (np.diff(tpr) >= 0).all()
    assert np.trapezoid(tpr, fpr) == pytest.approx(METRICS["auroc"].value(trials), abs=1e-4)
    # low rates keep their shape
    hits, alarms = (each / each[-1] for each in trials.curve[1:])
    for rate in (1e-3, 1e-2):
        exact = float(hits[torch.searchsorted(alarms, rate)])
        assert np.interp(rate, fpr, tpr) == pytest.approx(exact, abs=3e-3)


def test_entropy_by_class(scores_of):
    scores = scores_of(real=[0.1, 0.4], a=[0.9])
    scores = Scores(*(getattr(scores, name) for name in ("sigmoid", "softmax", "synthetic", "group", "groups")))
    scores = Scores(**{**vars(scores), "entropy": np.array([1.0, 2.0, 3.0], dtype=np.float32), "degenerate": 1})
    found = entropy_summary(scores, reason=None, grid=(7, 7), resamples=20, seed=0)
    assert (found["value"], found["n"], found["degenerate"]) == (2.0, 3, 1)
    assert found["maximum"] == pytest.approx(3.89182, abs=1e-5)
    assert {name: each["value"] for name, each in found["labels"].items()} == {"real": 1.5, "synthetic": 3.0}
    assert found["ci_low"] <= 2 <= found["ci_high"]
    assert entropy_summary(scores_of(real=[0.1]), reason="no head", grid=(), resamples=9, seed=0)["reason"] == "no head"


def test_seven_hundred_thousand_scores_in_little_memory():
    """Six generators against a seventh of real images; the intervals draw all images anew, twice."""
    count = 700_000
    random = np.random.default_rng(0)
    synthetic = np.arange(count) >= count // 7
    values = 1 / (1 + np.exp(-random.normal(size=count) - 1.5 * synthetic))
    group = np.where(synthetic, np.arange(count) % 6, -1).astype(np.int32)
    scores = Scores(values, values, synthetic, group, tuple("abcdef"))
    summary(scores_like(scores, 100))  # engines are imported before memory is watched
    tracemalloc.start()
    before = torch_peak()
    found = summary(scores, resamples=2)
    traced = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found["pooled"]["auroc"]["value"] == pytest.approx(0.8556, abs=0.002)  # Phi(1.5 / sqrt 2)
    assert found["macro"]["auroc"]["value"] == pytest.approx(found["pooled"]["auroc"]["value"], abs=0.003)
    assert len(found["roc"]["fpr"]) <= 400
    assert traced < 64e6  # what numpy took: less than a hundred bytes a score
    assert torch_peak() - before < 400e6  # numpy's and torch's together
    json.dumps(found, allow_nan=False)


def torch_peak():
    """Return the most memory that this process has ever had, in bytes."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def scores_like(scores, every):
    arrays = (scores.sigmoid, scores.softmax, scores.synthetic, scores.group)
    return Scores(*(each[::every] for each in arrays), scores.groups)
