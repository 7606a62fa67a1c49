import numpy as np
import pytest
import torch

from saliencekit.evaluation.scores import both_scores


def test_sigmoid_and_softmax_rank_differently():
    sigmoid, softmax = both_scores(torch.tensor([[0.0, 1.0], [5.0, 2.0]]), 1)
    assert sigmoid.tolist() == pytest.approx([0.7310586, 0.8807971])
    assert softmax.tolist() == pytest.approx([0.7310586, 0.0474259])
    assert sigmoid.argmax() != softmax.argmax()


def test_one_logit_has_one_score():
    for synthetic, sign in ((1, 1.0), (0, -1.0)):
        one, other = both_scores(torch.tensor([[2.0], [-30.0]]), synthetic)
        assert torch.equal(one, other)
        assert one.tolist() == pytest.approx([1 / (1 + np.exp(-sign * 2.0)), 1 / (1 + np.exp(sign * 30.0))], rel=1e-12)


def test_scores_do_not_saturate_where_float32_would():
    sigmoid, _ = both_scores(torch.tensor([[0.0, 20.0], [0.0, 25.0]]), 1)
    assert sigmoid[0] < sigmoid[1] < 1
