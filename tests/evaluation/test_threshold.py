import pytest

from saliencekit.errors import InputError
from saliencekit.evaluation.metrics import METRICS
from saliencekit.evaluation.threshold import best_threshold
from saliencekit.evaluation.trials import trials_of


def best(scores_of, real, fake, rule="balanced-accuracy"):
    return best_threshold(trials_of(scores_of(real=real, a=fake), score="sigmoid", threshold=0.5), rule)


def test_half_way_between_the_classes(scores_of):
    assert best(scores_of, [0.1, 0.2], [0.4, 0.9]) == pytest.approx(0.3)
    assert best(scores_of, [0.1, 0.2], [0.4, 0.9], "eer") == pytest.approx(0.3)


def test_the_two_rules_differ_where_the_classes_overlap(scores_of):
    real, fake = [0.1, 0.2, 0.3, 0.7, 0.8], [0.25, 0.6, 0.65, 0.9, 0.95]
    # Above .45 four of five synthetic and three of five real are right, 1.4; no threshold does better than that:
    # .85 and .225 give 2/5 + 1 = 1.4 as well, and there the rates are further apart.
    assert best(scores_of, real, fake) == pytest.approx(0.45)
    # Two of five missed and two of five called: from .65 on.
    assert best(scores_of, real, fake, "eer") == pytest.approx((0.65 + 0.6) / 2)


@pytest.mark.parametrize("seed", range(6))
def test_no_other_threshold_is_better(scores_of, seed):
    import numpy as np

    random = np.random.default_rng(seed)
    scores = scores_of(real=random.random(30).round(2), a=(random.random(17) ** 0.6).round(2))
    trials = trials_of(scores, score="sigmoid", threshold=0.5)

    def accuracy(at):
        return METRICS["balanced_accuracy"].value(trials_of(scores, score="sigmoid", threshold=at))

    chosen = best_threshold(trials, "balanced-accuracy")
    assert accuracy(chosen) == pytest.approx(max(accuracy(at) for at in np.linspace(0, 1, 201)))


def test_constant_and_neighbouring_scores(scores_of):
    assert best(scores_of, [0.4] * 3, [0.4] * 3) == 0.2
    above = 0.5 + 2**-53  # rounds to .5 or the next number: either way the upper one must count as synthetic
    import numpy as np

    upper = float(np.nextafter(0.5, 1))
    assert best(scores_of, [0.5], [upper]) == upper
    assert above in (0.5, upper)


def test_both_classes_are_needed(scores_of):
    with pytest.raises(InputError, match="needs both classes, got 2 real and 0 synthetic"):
        best(scores_of, [0.1, 0.2], [])
