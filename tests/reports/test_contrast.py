"""Two tables, images by runs, against SciPy and by hand."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from saliencekit.reports.contrast import contrast
from saliencekit.reports.difference import Difference

ABOUT = Difference("entropy", "entropy", "nats", "lower", "not applicable", "not looked at yet")
IMAGES = [f"{number}.png" for number in range(40)]


def table(runs, shift=0.0, seed=0):
    drawn = np.random.default_rng(seed).normal(shift, 1.0, (40, runs))
    return pd.DataFrame(drawn, index=IMAGES, columns=[f"run {number}" for number in range(runs)])


def test_one_run_a_side_is_compared_by_image():
    a, b = table(1), table(1, 0.5, seed=1)
    found = contrast(ABOUT, a, b, None)
    change = (b.to_numpy() - a.to_numpy())[:, 0]
    assert (found.status, found.reason, found.compared_by) == ("ok", None, "image")
    assert found.difference.value == pytest.approx(change.mean())
    assert found.difference.ci_low < found.difference.value < found.difference.ci_high
    assert found.share_higher == pytest.approx((change > 0).mean())
    assert found.p_value == pytest.approx(stats.wilcoxon(change, method="approx", correction=True).pvalue)
    assert (found.a.n, found.groups) == (40, {})


def test_several_runs_on_one_side_only_are_their_mean():
    several = table(3)
    found = contrast(ABOUT, several, table(1, seed=1), None)
    assert found.compared_by == "image"
    assert found.a.value == pytest.approx(several.mean(axis=1).mean())


def test_several_runs_a_side_are_compared_by_run():
    a, b = table(3), table(4, 0.5, seed=1)
    found = contrast(ABOUT, a, b, None)
    first, second = a.mean().to_numpy(), b.mean().to_numpy()
    test = stats.ttest_ind(second, first, equal_var=False)
    interval = test.confidence_interval(0.95)
    assert found.compared_by == "run"
    assert found.p_value == pytest.approx(test.pvalue)
    assert found.difference.value == pytest.approx(second.mean() - first.mean())
    assert (found.difference.ci_low, found.difference.ci_high) == pytest.approx((interval.low, interval.high))
    own = stats.t.interval(0.95, 2, first.mean(), stats.sem(first))
    assert (found.a.ci_low, found.a.ci_high) == pytest.approx(own)
    assert (found.a.n, found.b.n) == (3, 4)


@pytest.mark.parametrize(("shift", "p"), [(0.0, 1.0), (0.5, 0.0)])
def test_runs_without_any_spread_leave_no_doubt(shift, p):
    a = pd.DataFrame(np.tile([[1.0], [3.0]], (1, 2)), index=["x", "y"])
    found = contrast(ABOUT, a, a + shift, None)
    assert (found.p_value, found.effect_size) == (p, None)
    assert (found.difference.ci_low, found.difference.value, found.difference.ci_high) == (shift, shift, shift)


def test_images_without_a_number_are_left_out_of_both():
    a, b = table(1), table(1, seed=1)
    a.iloc[0], b.iloc[1] = np.nan, np.nan
    found = contrast(ABOUT, a, b, None)
    assert (found.a.n, found.b.n) == (38, 38)
    none = contrast(ABOUT, a[:1], b[:1], None)
    assert (none.status, none.reason) == ("not applicable", "no shared image has a number in both")
    assert none.difference is None


@pytest.mark.parametrize("runs", [1, 2])
def test_the_difference_by_level(runs):
    a, b = table(runs), table(runs, seed=1)
    labels = np.array(["real", "fake"] * 20)
    known = pd.DataFrame({"label": labels, "group": ["camera"] * 40}, index=IMAGES)
    found = contrast(ABOUT, a, b, known[::-1])
    assert list(found.groups) == ["label"]  # of the group there is only one
    assert list(found.groups["label"]) == ["fake", "real"]
    change = (b.to_numpy() - a.to_numpy()).mean(axis=1)
    for level, span in found.groups["label"].items():
        assert span.value == pytest.approx(change[labels == level].mean())
