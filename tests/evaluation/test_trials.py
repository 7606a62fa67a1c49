import numpy as np
import torch

from saliencekit.evaluation.trials import calibration_bins, generators, trials_of


def test_all_reals_against_one_generator(scores_of):
    scores = scores_of(real=[0.1, 0.2], easy=[0.9], hard=[0.3, 0.4])
    assert generators(scores) == [0, 1]
    hard = trials_of(scores, score="sigmoid", threshold=0.35, group=1)
    assert (hard.name, hard.real, hard.fake) == ("hard", 2, 2)
    assert hard.scores.tolist() == [0.1, 0.2, 0.3, 0.4]
    assert hard.labels.tolist() == [False, False, True, True]
    assert hard.called.tolist() == [False, False, False, True]
    assert trials_of(scores, score="sigmoid", threshold=0.5).fake == 3


def test_the_threshold_itself_counts_as_synthetic(scores_of):
    assert trials_of(scores_of(real=[0.5], a=[0.5]), score="sigmoid", threshold=0.5).called.tolist() == [True, True]


def test_groups_of_real_images_are_no_generators(scores_of):
    scores = scores_of(real=[0.1], a=[0.9], camera=[0.2])
    scores.synthetic[:] = [False, True, False]
    assert generators(scores) == [0]
    assert trials_of(scores, score="sigmoid", threshold=0.5, group=0).real == 2


def test_synthetic_images_without_a_group(scores_of):
    scores = scores_of(real=[0.1], a=[0.9, 0.8])
    scores.group[1] = -1
    assert [trials_of(scores, score="sigmoid", threshold=0.5, group=each).name for each in generators(scores)] == [
        "(no group)",
        "a",
    ]
    scores.group[:] = -1
    assert generators(scores) == []


def test_real_images_come_first(scores_of):
    scores = scores_of(real=[0.1, 0.2], a=[0.9])
    scores.synthetic[:] = [True, False, False]
    scores.group[:] = np.array([0, -1, -1])
    assert trials_of(scores, score="sigmoid", threshold=0.5).labels.tolist() == [False, False, True]


def test_bins_hold_their_lower_edge_and_the_last_one_both():
    edges = torch.linspace(0, 1, 16, dtype=torch.float64)
    assert calibration_bins(edges).tolist() == [*range(15), 14]
