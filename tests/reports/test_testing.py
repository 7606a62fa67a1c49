import numpy as np
import pandas as pd
import pytest
from scipy.stats import wilcoxon

from saliencekit.reports.testing import holm, rank_biserial, wilcoxon_p


def test_holm_by_hand():
    """Sorted 0.01, 0.02, 0.03 times 3, 2, 1, and never less than the one before."""
    assert holm([0.02, 0.03, 0.01]) == [0.04, 0.04, 0.03]
    assert holm([0.5, 0.6]) == [1.0, 1.0]
    assert holm([None, 0.02]) == [None, 0.02]
    assert holm([]) == []


def test_rank_biserial_by_hand():
    assert rank_biserial(pd.Series([1.0, 2.0, 3.0])) == 1.0
    assert rank_biserial(pd.Series([-1.0, -2.0])) == -1.0
    assert rank_biserial(pd.Series([1.0, 2.0, -3.0, 0.0])) == pytest.approx(0.0)  # 1 + 2 against 3
    assert rank_biserial(pd.Series([0.0, 0.0])) is None


def test_wilcoxon_has_no_side_and_knows_nothing_of_one_image():
    draw = pd.Series(np.random.default_rng(0).normal(0.3, 1, 80))
    assert wilcoxon_p(draw) == pytest.approx(wilcoxon_p(-draw))
    assert wilcoxon_p(draw) == pytest.approx(wilcoxon(draw).pvalue, rel=0.02)
    assert wilcoxon_p(pd.Series([1.0])) is None
    assert wilcoxon_p(pd.Series([0.0, 0.0, 0.0])) == 1.0


def test_wilcoxon_under_no_difference_is_uniform():
    draw = np.random.default_rng(1)
    values = [wilcoxon_p(pd.Series(draw.normal(size=30))) for _ in range(400)]
    assert np.mean(np.array(values) < 0.05) == pytest.approx(0.05, abs=0.03)
