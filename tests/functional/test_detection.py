"""Figures against values worked out by hand, a pair-counting transcription, and torchmetrics."""

import math

import numpy as np
import pytest
import torch
from torchmetrics.functional.classification import (
    binary_auroc,
    binary_average_precision,
    binary_roc,
    binary_sensitivity_at_specificity,
)

from saliencekit.errors import InputError
from saliencekit.functional.curves import curve_counts
from saliencekit.functional.detection import (
    curve_auroc,
    curve_average_precision,
    curve_eer,
    curve_tpr_at,
    d_prime,
)

PERFECT = torch.tensor([0.1, 0.2, 0.8, 0.9]), torch.tensor([False, False, True, True])


def curve(scores, labels):
    return curve_counts(torch.as_tensor(scores), torch.as_tensor(labels))[1:]


def drawn(seed, n=60, levels=0):
    random = torch.Generator().manual_seed(seed)
    labels = torch.rand(n, generator=random) < 0.4
    scores = (torch.randn(n, generator=random) + labels).sigmoid().double()
    return ((scores * levels).round() / levels if levels else scores), labels


def by_pairs(scores, labels):
    pairs = [(float(p > q) + 0.5 * float(p == q)) for p in scores[labels] for q in scores[~labels]]
    return sum(pairs) / len(pairs)


def eer_by_walking(scores, labels):
    """Walk along the joined points of the curve in small steps until misses are no more than alarms."""
    fpr, tpr = [0.0], [0.0]
    for threshold in sorted(set(scores.tolist()), reverse=True):
        called = scores >= threshold
        fpr.append(float((called & ~labels).sum() / (~labels).sum()))
        tpr.append(float((called & labels).sum() / labels.sum()))
    for i in range(1, len(fpr)):
        for step in range(2001):
            x = fpr[i - 1] + (fpr[i] - fpr[i - 1]) * step / 2000
            if tpr[i - 1] + (tpr[i] - tpr[i - 1]) * step / 2000 >= 1 - x:
                return x
    raise AssertionError


@pytest.mark.parametrize("levels", [0, 4, 1])
@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_other_ways(seed, levels):
    scores, labels = drawn(seed, levels=levels)
    hits, alarms = curve(scores, labels)
    assert float(curve_auroc(hits, alarms)) == pytest.approx(by_pairs(scores, labels), abs=1e-12)
    assert float(curve_auroc(hits, alarms)) == pytest.approx(float(binary_auroc(scores, labels.long())), abs=1e-6)
    expected = float(binary_average_precision(scores, labels.long()))
    assert float(curve_average_precision(hits, alarms)) == pytest.approx(expected, abs=1e-6)
    assert float(curve_eer(hits, alarms)) == pytest.approx(eer_by_walking(scores, labels), abs=1e-3)
    fpr, tpr, _ = binary_roc(scores, labels.long())
    met = np.interp(1.0, (fpr + tpr).numpy(), fpr.numpy())  # where FPR = 1 - TPR on the line through these points
    assert float(curve_eer(hits, alarms)) == pytest.approx(met, abs=1e-6)
    for rate in (0.01, 0.2, 0.5):
        expected, _ = binary_sensitivity_at_specificity(scores, labels.long(), min_specificity=1 - rate)
        assert float(curve_tpr_at(hits, alarms, rate)) == pytest.approx(float(expected), abs=1e-6)


def test_perfect_inverted_and_constant():
    for scores, labels, expected in (
        (*PERFECT, (1.0, 1.0, 0.0, 1.0)),
        (PERFECT[0], ~PERFECT[1], (0.0, (1 / 3 + 2 / 4) / 2, 1.0, 0.0)),
        (torch.full((4,), 0.5), PERFECT[1], (0.5, 0.5, 0.5, 0.0)),
    ):
        hits, alarms = curve(scores, labels)
        got = curve_auroc(hits, alarms), curve_average_precision(hits, alarms), curve_eer(hits, alarms)
        assert [float(each) for each in (*got, curve_tpr_at(hits, alarms, 0.25))] == pytest.approx(expected)


def test_eer_by_hand():
    # Falling scores: + - + + - -  The curve passes (1/3, 1/3), (1/3, 1): straight up at FPR 1/3, through TPR 2/3.
    labels = [True, False, True, True, False, False]
    assert float(curve_eer(*curve([6.0, 5, 4, 3, 2, 1], labels))) == pytest.approx(1 / 3)
    # Tied second and third: from (0, 1/3) straight to (1/3, 2/3): there misses are 1/3 and alarms are 1/3.
    assert float(curve_eer(*curve([6.0, 5, 5, 3, 2, 1], labels))) == pytest.approx(1 / 3)
    # All but the first tied: from (0, 1/3) to (1, 1); tpr = 1/3 + 2/3 x = 1 - x at x = 2/5.
    assert float(curve_eer(*curve([6.0, 5, 5, 5, 5, 5], labels))) == pytest.approx(0.4)


def test_tpr_counts_whole_alarms():
    scores = torch.arange(300, 0, -1).double()
    labels = torch.zeros(300, dtype=torch.bool)
    labels[[0, 4, 20]] = True  # three alarms between the first two hits, eighteen before the third
    hits, alarms = curve(scores, labels)
    assert float(curve_tpr_at(hits, alarms, 3 / 297)) == pytest.approx(2 / 3)
    assert float(curve_tpr_at(hits, alarms, 2.9 / 297)) == pytest.approx(1 / 3)
    with pytest.raises(InputError, match="expected `rate` between 0 and 1, got 2"):
        curve_tpr_at(hits, alarms, 2)


def test_weights_count_images_as_often_as_copies_would():
    scores, labels = drawn(3, levels=6)
    times = torch.randint(0, 4, (2, len(scores)), generator=torch.Generator().manual_seed(1)).double()
    _, hits, alarms = curve_counts(scores, labels, times)
    for row in range(2):
        copies = scores.repeat_interleave(times[row].long()), labels.repeat_interleave(times[row].long())
        expected = curve(*copies)
        for figure in (curve_auroc, curve_average_precision, curve_eer, lambda h, a: curve_tpr_at(h, a, 0.1)):
            assert float(figure(hits, alarms)[row]) == pytest.approx(float(figure(*expected)), abs=1e-12)


def test_one_class_has_no_area():
    hits, alarms = curve([0.1, 0.9], [True, True])
    assert math.isnan(float(curve_auroc(hits, alarms)))
    assert math.isnan(float(curve_eer(hits, alarms)))
    assert float(curve_average_precision(hits, alarms)) == 1


def test_float32_counts_of_a_large_sample_keep_six_digits():
    random = torch.Generator().manual_seed(0)
    scores = torch.rand(200_000, generator=random).double()
    labels = scores + torch.rand(200_000, generator=random) > 1
    _, hits, alarms = curve_counts(scores, labels)
    for figure in (curve_auroc, curve_average_precision, curve_eer):
        assert float(figure(hits.float(), alarms.float())) == pytest.approx(float(figure(hits, alarms)), abs=1e-6)


def test_d_prime_by_hand():
    # means 4 and 1, variances 2 and 8: 3 / sqrt(5)
    positive, negative = torch.tensor([3.0, 5.0]), torch.tensor([-1.0, 3.0])
    assert d_prime(positive, negative) == pytest.approx(3 / math.sqrt(5))
    assert d_prime(negative, positive) == pytest.approx(-3 / math.sqrt(5))
    with pytest.raises(InputError, match="needs two scores of each class, got 1 and 2"):
        d_prime(positive[:1], negative)
    with pytest.raises(InputError, match="scores of each class are all the same"):
        d_prime(torch.ones(3), torch.zeros(3))
