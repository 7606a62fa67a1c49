"""Each figure by hand, at the extremes, and where it has no value."""

import numpy as np
import pytest

from saliencekit.errors import InputError
from saliencekit.evaluation.metrics import METRICS, confusion
from saliencekit.evaluation.trials import trials_of


def trials(scores_of, real, fake, *, threshold=0.5, softmax=None):
    scores = scores_of(real=real, gan=fake)
    if softmax is not None:
        scores.softmax[:] = softmax
    return trials_of(scores, score="sigmoid", threshold=threshold)


def test_the_keys_are_the_contract():
    assert list(METRICS) == [
        *("auroc", "average_precision", "accuracy", "balanced_accuracy", "eer", "tpr_at_fpr_1e-2"),
        *("tpr_at_fpr_1e-3", "d_prime", "apcer", "bpcer", "acer", "brier", "ece"),
    ]


def test_worked_out_by_hand(scores_of):
    # reals .1 .3 .6, synthetics .4 .5 .7 .8 .9; threshold .5
    made = trials(scores_of, [0.1, 0.3, 0.6], [0.4, 0.5, 0.7, 0.8, 0.9])
    assert confusion(made) == (4, 1, 2, 1)
    expected = {
        "auroc": 13 / 15,  # .6 is above .4 and .5
        "average_precision": (1 + 1 + 1 + 4 / 5 + 5 / 6) / 5,
        "accuracy": 6 / 8,
        "balanced_accuracy": (4 / 5 + 2 / 3) / 2,
        "apcer": 1 / 5,
        "bpcer": 1 / 3,
        "acer": (1 / 5 + 1 / 3) / 2,
        # (0, 3/5) - (1/3, 3/5) - (1/3, 1): straight up at a third, through 2/3
        "eer": 1 / 3,
        # means .66 and 1/3; variances .043 and .19/3
        "d_prime": (0.66 - 1 / 3) / np.sqrt((0.043 + 0.19 / 3) / 2),
        "brier": (0.01 + 0.09 + 0.36 + 0.36 + 0.25 + 0.09 + 0.04 + 0.01) / 8,
        # each in a bin of its own of fifteen
        "ece": (0.1 + 0.3 + 0.6 + 0.6 + 0.5 + 0.3 + 0.2 + 0.1) / 8,
    }
    for name, value in expected.items():
        assert METRICS[name].value(made) == pytest.approx(value, abs=1e-6), name


def test_ece_puts_a_bin_together(scores_of):
    # bin [.6, .667): .61 real, .62 and .63 synthetic: 2/3 against .62; one alone at .1
    made = trials(scores_of, [0.61, 0.1], [0.62, 0.63])
    assert METRICS["ece"].value(made) == pytest.approx((3 * abs(2 / 3 - 0.62) + 0.1) / 4)


@pytest.mark.parametrize(
    ("real", "fake", "expected"),
    [
        ([0.0] * 3, [1.0] * 3, (1.0, 1.0, 0.0, 1.0, 0.0, 0.0)),
        ([1.0] * 3, [0.0] * 3, (0.0, 0.5, 1.0, 0.0, 1.0, 1.0)),
        ([0.5] * 3, [0.5] * 3, (0.5, 0.5, 0.5, 0.5, 0.25, 0.0)),
    ],
)
def test_perfect_inverted_and_constant(scores_of, real, fake, expected):
    made = trials(scores_of, real, fake)
    names = ("auroc", "average_precision", "eer", "accuracy", "brier", "ece")
    assert [METRICS[name].value(made) for name in names] == pytest.approx(expected)


def test_brier_and_ece_are_of_the_probability_whatever_ranks(scores_of):
    made = trials(scores_of, [0.9], [0.1], softmax=[0.0, 1.0])
    assert (METRICS["auroc"].value(made), METRICS["brier"].value(made), METRICS["ece"].value(made)) == (0, 0, 0)


def test_low_rates_need_as_many_real_images(scores_of):
    hundred = np.linspace(0, 0.5, 100)
    assert METRICS["tpr_at_fpr_1e-2"].value(trials(scores_of, hundred, [0.4999, 0.2])) == 0.5
    with pytest.raises(InputError, match=r"1.0% of 99 real images is less than one image"):
        METRICS["tpr_at_fpr_1e-2"].value(trials(scores_of, hundred[1:], [0.9]))
    with pytest.raises(InputError, match=r"0.1% of 999 real images is less than one image"):
        METRICS["tpr_at_fpr_1e-3"].value(trials(scores_of, np.linspace(0, 0.5, 999), [0.9]))
    assert METRICS["tpr_at_fpr_1e-3"].value(trials(scores_of, np.linspace(0, 0.5, 1000), [0.9, 0.4])) == 0.5


def test_what_a_set_lacks(scores_of):
    lone = trials(scores_of, [], [0.9, 0.4])
    reasons = {name: metric.reason_against(lone) for name, metric in METRICS.items()}
    assert {name for name, reason in reasons.items() if reason is None} == {"accuracy", "apcer", "brier", "ece"}
    assert set(reasons.values()) == {None, "no real image was scored"}
    assert METRICS["bpcer"].reason_against(trials(scores_of, [0.1], [])) is None
    assert METRICS["apcer"].reason_against(trials(scores_of, [0.1], [])) == "no synthetic image was scored"
    assert METRICS["apcer"].value(lone) == 0.5
