import math

import numpy as np
import pytest
import torch

from saliencekit.errors import InputError, UsageError
from saliencekit.functional.logits import class_logit, class_probability, predicted_class, resolve_target

LOGITS = torch.tensor([[0.0, 2.0, 1.0], [3.0, 1.0, -5.0], [0.5, 0.5, 0.5]])
ONE = torch.tensor([[2.0], [-1.0], [0.0]])
CLASSES = torch.tensor([1, 0, 2])


def test_the_highest_logit_is_predicted():
    assert predicted_class(LOGITS).tolist() == [1, 0, 0]
    assert predicted_class(LOGITS).dtype == torch.int64
    assert predicted_class(torch.zeros(0, 3)).shape == (0,)


def test_one_logit_predicts_by_its_sign():
    assert predicted_class(ONE).tolist() == [1, 0, 0]
    assert predicted_class(ONE).dtype == torch.int64


def test_class_logits_by_hand():
    assert class_logit(LOGITS, CLASSES).tolist() == [2.0, 3.0, 0.5]
    assert class_logit(ONE, torch.tensor([1, 0, 0])).tolist() == [2.0, 1.0, 0.0]


def test_class_probabilities_by_hand():
    probability = class_probability(LOGITS, CLASSES)
    first = math.exp(2) / (1 + math.exp(2) + math.e)
    assert probability.tolist() == pytest.approx([first, 1 / (1 + math.exp(-2) + math.exp(-8)), 1 / 3], rel=1e-6)
    both = [class_probability(ONE, torch.full((3,), each)) for each in (0, 1)]
    assert both[1].tolist() == pytest.approx([1 / (1 + math.exp(-2)), 1 / (1 + math.e), 0.5], rel=1e-6)
    torch.testing.assert_close(both[0] + both[1], torch.ones(3))


def test_the_two_scores_of_the_papers_differ():
    # METHODS 5: sigmoid of the synthetic logit is not softmax
    logits = torch.tensor([[0.0, 1.0], [5.0, 2.0]])
    assert class_probability(logits, torch.tensor([1, 1])).tolist() == pytest.approx([0.731, 0.047], abs=5e-4)
    assert logits[:, 1].sigmoid().tolist() == pytest.approx([0.731, 0.881], abs=5e-4)


def test_probabilities_of_huge_logits_are_finite():
    huge = torch.tensor([[1e30, -1e30], [-1e30, 1e30]])
    assert class_probability(huge, torch.tensor([0, 0])).tolist() == [1.0, 0.0]
    assert class_probability(torch.tensor([[1e30], [-1e30]]), torch.tensor([0, 0])).tolist() == [0.0, 1.0]


@pytest.mark.parametrize("function", [class_logit, class_probability])
@pytest.mark.parametrize("logits", [LOGITS, ONE])
def test_gradients_dtypes_and_autocast(function, logits):
    target = torch.tensor([1, 0, 1])
    assert torch.autograd.gradcheck(lambda x: function(x, target), logits.double().requires_grad_())
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert function(logits.half(), target).dtype == torch.float32
    assert function(logits.double(), target).dtype == torch.float64


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("predicted", [1, 0, 0]),
        ("label", [2, 2, 0]),
        (2, [2, 2, 2]),
        (np.int64(1), [1, 1, 1]),
        (torch.tensor([2, 0, 1]), [2, 0, 1]),
        (torch.tensor([2, 0, 1], dtype=torch.uint8), [2, 0, 1]),
        (lambda logits: logits.argmin(1), [0, 2, 0]),
    ],
)
def test_every_kind_of_target(target, expected):
    result = resolve_target(LOGITS, target, labels=torch.tensor([2, 2, 0]))
    assert result.tolist() == expected
    assert result.dtype == torch.int64


def test_one_logit_stands_for_two_classes():
    assert resolve_target(ONE, "predicted").tolist() == [1, 0, 0]
    assert resolve_target(ONE, 1).tolist() == [1, 1, 1]
    assert resolve_target(ONE, "label", torch.tensor([True, False, True])).tolist() == [1, 0, 1]
    with pytest.raises(InputError, match="expected `target` from 0 to 1, got 2"):
        resolve_target(ONE, 2)


def test_a_function_sees_detached_logits():
    seen = []
    logits = LOGITS.clone().requires_grad_()
    resolve_target(logits, lambda given: seen.append(given) or given.argmax(1))
    assert not seen[0].requires_grad


def test_no_images_have_no_targets():
    none = torch.zeros(0, 3)
    for target in ("predicted", 1, torch.zeros(0, dtype=torch.long), lambda logits: logits.argmax(1)):
        assert resolve_target(none, target).shape == (0,)


@pytest.mark.parametrize(
    ("target", "labels", "error", "message"),
    [
        ("predictd", None, UsageError, r"unknown target 'predictd': expected one of predicted, label"),
        ("label", None, UsageError, r"the target 'label' needs `labels`"),
        (None, None, UsageError, r"expected `target` to be 'predicted', .*, got None"),
        (True, None, UsageError, r"expected `target` to be 'predicted', .*, got True"),
        (1.0, None, UsageError, r"expected `target` to be 'predicted', .*, got 1\.0"),
        (3, None, InputError, r"expected `target` from 0 to 2, got 3"),
        (-1, None, InputError, r"expected `target` from 0 to 2, got -1"),
        (torch.tensor([0, 1, 3]), None, InputError, r"expected `target` from 0 to 2, got 3"),
        (torch.tensor([0, -2, 1]), None, InputError, r"expected `target` from 0 to 2, got -2"),
        (torch.tensor([0, 1]), None, InputError, r"expected `target` for each of 3 images, got 2"),
        (torch.tensor([[0], [1], [2]]), None, InputError, r"expected `target` of shape \(N,\), got \(3, 1\)"),
        (torch.zeros(3), None, InputError, r"expected `target` of whole numbers, got torch\.float32"),
        ("label", torch.tensor([0, 1, 7]), InputError, r"expected `labels` from 0 to 2, got 7"),
        ("label", [0, 1, 1], InputError, r"expected `labels` of shape \(N,\), got no tensor but list"),
        (lambda logits: logits, None, InputError, r"expected `target` of shape \(N,\), got \(3, 3\)"),
    ],
)
def test_other_targets_are_refused(target, labels, error, message):
    with pytest.raises(error, match=message):
        resolve_target(LOGITS, target, labels)


@pytest.mark.parametrize("logits", [torch.zeros(3), torch.zeros(3, 0), torch.zeros(2, 3, 4)])
def test_other_logits_are_refused(logits):
    calls = [predicted_class, lambda x: resolve_target(x, 0)]
    calls += [lambda x, each=each: each(x, CLASSES) for each in (class_logit, class_probability)]
    for call in calls:
        with pytest.raises(InputError, match=r"expected `logits` of shape \(N, K\)"):
            call(logits)


def test_as_many_targets_as_logits():
    for function in (class_logit, class_probability):
        for logits in (LOGITS, ONE):
            with pytest.raises(InputError, match="of as many images, got 3 and 2"):
                function(logits, torch.tensor([0, 1]))


def test_nothing_is_waited_for_or_written_to():
    x = torch.empty(4, 3, device="meta")
    target = resolve_target(x, "predicted")
    assert class_probability(x, target).shape == class_logit(x, resolve_target(x, 1)).shape == (4,)
    before = LOGITS.clone()
    resolve_target(LOGITS, CLASSES)
    class_probability(LOGITS, CLASSES)
    assert torch.equal(LOGITS, before)
    assert CLASSES.tolist() == [1, 0, 2]
