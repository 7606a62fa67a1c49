import math

import pytest
import torch

from saliencekit.errors import ModelError
from saliencekit.models.dry_run import refuse_probabilities, refuse_randomness

LOGITS = torch.randn(16, 3, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("classes", [2, 3, 1000])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_softmax_is_seen_whatever_its_length(classes, dtype):
    logits = torch.randn(4, classes, generator=torch.Generator().manual_seed(1), dtype=dtype)
    refuse_probabilities(logits)
    with pytest.raises(ModelError, match=r"^the network gives probabilities, .* take its last softmax away$"):
        refuse_probabilities(logits.softmax(1))


def test_certain_and_even_answers_are_probabilities_too():
    with pytest.raises(ModelError, match="gives probabilities"):
        refuse_probabilities(torch.tensor([[0.0, 1.0], [0.5, 0.5]]))


@pytest.mark.parametrize(
    "logits",
    [
        torch.cat([LOGITS.softmax(1), LOGITS[:1]]),  # one image tells
        LOGITS.log_softmax(1),
        LOGITS.sigmoid(),
        torch.zeros(4, 2),  # of a head that begins at zero
        torch.tensor([[2.0, -1.0]]),  # adds up to 1, and is not from 0 to 1
        torch.full((2, 2), math.nan),
        torch.tensor([[1.0], [1.0]]),
    ],
)
def test_anything_else_passes(logits):
    refuse_probabilities(logits)


def test_randomness_is_more_than_rounding():
    refuse_randomness(torch.stack([LOGITS[0], LOGITS[0] * 1.0005]))
    refuse_randomness(torch.full((2, 3), math.nan))
    refuse_randomness(torch.full((2, 3), -math.inf))
    refuse_randomness(torch.zeros(2, 1))
    refuse_randomness(torch.tensor([[1e3, 0.0], [1e3, 0.5]]).half())  # small beside the largest
    for other in (LOGITS[0] * 1.01, LOGITS[1], torch.tensor([math.nan, 0.0, 0.0])):
        with pytest.raises(ModelError, match="random in eval mode: one image gave two different logits in one batch"):
            refuse_randomness(torch.stack([LOGITS[0], other]))
