"""Trails are followed through views, copies and dropout, and broken by everything else."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from saliencekit.extractors.finding.trace import HeadTrace


@pytest.fixture
def fc():
    return nn.Linear(4, 3)


def finding(call, fc, features):
    with torch.no_grad(), HeadTrace() as trace:
        logits = call(features)
    return trace.finding(fc, logits)


def test_the_features_that_the_head_reads(fc):
    features = torch.rand(2, 4, 5, 6)
    found = finding(lambda x: fc(x.relu().mean((2, 3))), fc, features)
    assert found.head.module is fc
    assert found.head.link == "linear"
    assert not found.before_pooling
    torch.testing.assert_close(found.features, features)


def test_the_last_of_several_poolings_counts(fc):
    features = torch.rand(2, 4, 5, 6)
    scaled = finding(lambda x: fc((x * x.mean((2, 3), keepdim=True)).mean((2, 3))), fc, features)
    torch.testing.assert_close(scaled.features, features * features.mean((2, 3), keepdim=True))


def test_what_is_pooled_behind_the_head_hides_it_not(fc):
    features = torch.rand(2, 4, 5, 6)
    for behind in (1, 2):
        found = finding(lambda x, behind=behind: (fc(x.mean((2, 3))), [x.mean((2, 3))] * behind)[0], fc, features)
        assert found.features is features


@pytest.mark.parametrize(
    "call",
    [
        lambda fc, x: fc(x.mean((2, 3)) + 0),
        lambda fc, x: fc(x.mean((2, 3))) + 0,
        lambda fc, x: fc(x.mean((2, 3)).mul_(1)),
        lambda fc, x: fc(x.mean((2, 3))).mul_(1),
        lambda fc, x: fc(x.mean((1, 3))[:, :4]),
        lambda fc, x: fc(x.mean(3)[:, :, 0]),
        lambda fc, x: fc(F.adaptive_avg_pool2d(x, 2)[:, :, 0, 0]),
        lambda fc, x: fc(F.adaptive_max_pool2d(x, 1).flatten(1)),
        lambda fc, x: F.linear(x.mean((2, 3)), fc.weight + 1),
        lambda fc, x: fc(F.normalize(x.mean((2, 3)))),
        lambda fc, x: fc(x.mean(dim=None).expand(2, 4)),
    ],
)
def test_what_breaks_the_trail(call, fc):
    assert finding(lambda x: call(fc, x), fc, torch.rand(2, 4, 5, 6)) is None


@pytest.mark.parametrize(
    ("between", "link"),
    [(lambda x: x, "linear"), (torch.relu, "rectified"), (lambda x: F.relu(x, inplace=True), "rectified")],
)
def test_a_convolution_before_pooling(between, link):
    conv = nn.Conv2d(4, 3, 1)
    features = torch.rand(2, 4, 5, 6)
    found = finding(lambda x: between(conv(x)).mean((2, 3)), conv, features)
    assert found.before_pooling
    assert found.head.module is conv
    assert found.head.link == link
    assert found.features is features
    assert finding(lambda x: between(conv(x) * 1).mean((2, 3)), conv, features) is None


@pytest.mark.parametrize("settings", [{"stride": 2}, {"padding": 1}])
def test_a_convolution_that_moves_cells_is_none(settings):
    conv = nn.Conv2d(4, 3, 1, **settings)
    assert finding(lambda x: conv(x).mean((2, 3)), conv, torch.rand(2, 4, 6, 6)) is None


def test_calls_pass_through_unchanged(fc):
    features = torch.rand(2, 4, 5, 6)
    plain = fc(F.dropout(features.view(2, 4, -1).mean(-1), 0.0))
    with HeadTrace() as trace:
        traced = fc(F.dropout(input=features.view(2, 4, -1).mean(dim=-1), p=0.0))
    assert torch.equal(plain, traced)
    assert trace.poolings == 1
