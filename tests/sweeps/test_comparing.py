import math

import numpy as np
import pytest
import scipy.stats

from saliencekit.errors import InputError
from saliencekit.sweeps.comparing import Paired, Spread, corrected, holm, paired, spread_of


def test_spread_by_hand():
    found = spread_of([0.5, 0.7, 0.6, 0.6])
    # mean .6, std sqrt(.02 / 3) = .081650, t(3, .975) = 3.182446, reach 3.182446 * .081650 / 2 = .129922
    assert found.n == 4
    assert found.mean == pytest.approx(0.6)
    assert found.std == pytest.approx(0.0816497, abs=1e-7)
    assert (found.ci_low, found.ci_high) == (pytest.approx(0.470078, abs=1e-6), pytest.approx(0.729922, abs=1e-6))


def test_one_run_has_no_spread_and_no_run_no_mean():
    assert spread_of([0.5]) == Spread(1, 0.5)
    assert spread_of([]) == Spread(0)


def test_equal_runs_have_an_interval_of_no_width():
    found = spread_of([0.25, 0.25, 0.25])
    assert (found.std, found.ci_low, found.ci_high) == (0.0, 0.25, 0.25)


def test_what_is_not_finite_is_refused():
    with pytest.raises(InputError, match="expected finite numbers"):
        spread_of([0.5, math.nan])


def test_interval_covers_the_truth_as_often_as_it_says():
    draw = np.random.default_rng(0)
    found = [spread_of(draw.standard_normal(5).tolist()) for _ in range(2000)]
    covered = sum(each.ci_low <= 0 <= each.ci_high for each in found) / len(found)
    assert covered == pytest.approx(0.95, abs=0.015)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ([0.01, 0.04, 0.03], [0.03, 0.06, 0.06]),  # .01 * 3; .03 * 2; .04 * 1 stays at .06
        ([0.5, 0.5], [1.0, 1.0]),
        ([0.02], [0.02]),
        ([None, 0.02, None], [None, 0.02, None]),
        ([], []),
        ([0.01, 0.02, 0.03, 0.04, 0.05], [0.05, 0.08, 0.09, 0.09, 0.09]),
        ([0.0, 1.0], [0.0, 1.0]),
    ],
)
def test_holm_by_hand(given, wanted):
    assert holm(given) == pytest.approx(wanted)


def test_holm_rejects_as_the_step_down_rule_does():
    draw = np.random.default_rng(0)
    for _ in range(200):
        p = draw.random(6) ** 3
        rejected, order = set(), np.argsort(p)
        for rank, place in enumerate(order):  # the rule as it is told: go on while p <= alpha / (m - rank)
            if p[place] > 0.05 / (len(p) - rank):
                break
            rejected.add(int(place))
        assert {place for place, each in enumerate(holm(p.tolist())) if each <= 0.05} == rejected


def test_pairs_are_by_seed_and_those_of_one_side_are_left_out():
    loss = {3: 0.9, 0: 0.6, 1: 0.8, 8: 0.1}
    baseline = {1: 0.5, 0: 0.5, 3: 0.6, 7: 0.99}
    found = paired(loss, baseline)
    assert found.n == 3
    assert found.difference == pytest.approx((0.1 + 0.3 + 0.3) / 3)
    expected = scipy.stats.ttest_rel([0.6, 0.8, 0.9], [0.5, 0.5, 0.6])
    assert found.t_p == pytest.approx(expected.pvalue)
    low, high = expected.confidence_interval()
    assert (found.ci_low, found.ci_high) == (pytest.approx(low), pytest.approx(high))
    # mean .23333 over std .11547 is 2.02073, times 1 - 3 / 7
    assert found.effect == pytest.approx(1.154701, abs=1e-6)


def test_wilcoxon_by_hand():
    base = dict.fromkeys(range(6), 0.5)
    found = paired({seed: 0.5 + (seed + 1) / 100 for seed in range(6)}, base)
    assert found.wilcoxon_p == 2 / 2**6  # all six signs alike, both tails
    fewer = paired({seed: 0.5 + (seed + 1) / 100 for seed in range(5)}, base)
    assert fewer.wilcoxon_p == 2 / 2**5  # the clearest that five pairs can be


def test_few_pairs():
    assert paired({0: 0.5}, {1: 0.5}) == Paired(0)
    assert paired({0: 0.75}, {0: 0.5}) == Paired(1, 0.25)
    two = paired({0: 0.75, 1: 0.6}, {0: 0.5, 1: 0.5})
    assert (two.n, two.effect) == (2, None)  # Hedges' factor is zero there
    assert two.t_p is not None


def test_equal_runs_do_not_differ():
    same = {0: 0.5, 1: 0.6, 2: 0.7}
    found = paired(same, same)
    assert (found.difference, found.effect, found.t_p, found.wilcoxon_p) == (0.0, 0.0, 1.0, 1.0)


def test_the_same_difference_everywhere_has_no_size():
    found = paired({0: 0.75, 1: 1.0, 2: 0.5}, {0: 0.5, 1: 0.75, 2: 0.25})
    assert (found.difference, found.effect, found.t_p) == (0.25, None, None)
    assert found.wilcoxon_p == 0.25


def test_correction_is_over_the_losses():
    found = corrected({"a": Paired(3, t_p=0.01, wilcoxon_p=0.25), "b": Paired(3, t_p=0.04, wilcoxon_p=None)})
    assert (found["a"].t_holm, found["b"].t_holm) == (0.02, 0.04)
    assert (found["a"].wilcoxon_holm, found["b"].wilcoxon_holm) == (0.25, None)
