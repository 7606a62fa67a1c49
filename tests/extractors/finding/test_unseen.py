"""What an extractor computes in the middle of a forward is no step of the network to another one."""

import torch
from torch import nn

from saliencekit.extractors.finding.shapes import Shapes
from saliencekit.extractors.finding.trace import HeadTrace
from saliencekit.extractors.finding.unseen import unseen


def test_nothing_is_seen_inside_and_all_of_it_again_afterwards():
    trace, x = HeadTrace(), torch.rand(1, 3, 4, 5)
    with trace:
        with unseen():
            x.mean((2, 3))
        assert trace.poolings == 0
        x.mean((2, 3))
        assert trace.poolings == 1


def test_two_traces_of_one_forward_see_the_same():
    fc, images = nn.Linear(3, 2), torch.rand(1, 3, 4, 5)
    outer, inner = HeadTrace(), HeadTrace()
    with torch.no_grad(), outer, Shapes(images), inner:
        logits = fc(images.relu().mean((2, 3)))
    for trace in (outer, inner):
        assert trace.poolings == 1
        assert trace.finding(fc, logits).head.module is fc
