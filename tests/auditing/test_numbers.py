"""One column: its mean, interval and spread, and null where there is nothing."""

import math

import numpy as np
import pandas as pd
import pytest
import torch

from saliencekit.auditing.numbers import interval, mean, numbers

from .records_by_hand import NAN


def test_interval_of_two_values_by_hand():
    """Resampled means of 0 and 1 are 0, 1/2 and 1 with 1/4, 1/2 and 1/4: the 95 % interval is all of it."""
    found = interval(torch.tensor([0.0, 1.0], dtype=torch.float64), 0)
    assert found == {"value": 0.5, "ci_low": 0.0, "ci_high": 1.0, "std": pytest.approx(math.sqrt(0.5)), "n": 2}


def test_interval_of_equal_values_and_of_one():
    assert interval(pd.Series([0.3] * 5), 0) == {"value": 0.3, "ci_low": 0.3, "ci_high": 0.3, "std": 0.0, "n": 5}
    assert interval(pd.Series([0.3]), 0) == {"value": 0.3, "ci_low": None, "ci_high": None, "std": None, "n": 1}


@pytest.mark.parametrize("column", [pd.Series([], dtype=float), pd.Series([NAN, NAN])])
def test_interval_of_nothing_is_null(column):
    assert interval(column, 0) == {"value": None, "ci_low": None, "ci_high": None, "std": None, "n": 0}


def test_interval_leaves_missing_values_out_and_counts_the_rest():
    assert interval(pd.Series([1.0, NAN, 3.0]), 0)["value"] == 2.0
    assert interval(pd.Series([1.0, NAN, 3.0]), 0)["n"] == 2


def test_interval_is_a_function_of_the_seed():
    values = pd.Series(np.random.default_rng(0).normal(size=40))
    torch.manual_seed(1)
    first = interval(values, 5)
    torch.manual_seed(2)
    assert interval(values, 5) == first
    assert interval(values, 6) != first
    assert interval(values, 6)["value"] == first["value"]


def test_interval_covers_what_theory_says():
    """Mean of 400 normal numbers: plus and minus 1.96 standard deviations / 20."""
    values = torch.from_numpy(np.random.default_rng(0).normal(size=400))
    found = interval(values, 0)
    expected = 1.96 * values.std().item() / 20
    assert found["ci_high"] - found["value"] == pytest.approx(expected, rel=0.1)
    assert found["value"] - found["ci_low"] == pytest.approx(expected, rel=0.1)


def test_mean_and_numbers():
    assert mean(None) is None
    assert mean(pd.Series([NAN])) is None
    assert mean(pd.Series([1.0, NAN, 2.0])) == 1.5
    column = pd.Series([1.0, NAN, 2.0], dtype="float32")
    assert numbers(column).tolist() == [1.0, 2.0]
    assert numbers(column).dtype == torch.float64
    assert column.isna().sum() == 1
