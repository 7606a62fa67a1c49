"""The linear layer behind the features: its weight, its bias, and the share of cells that its ReLU lets through."""

import torch
from torch import nn

from saliencekit.extractors.finding.head import Head, is_mean, makes, module_of


def conv(weight, bias):
    layer = nn.Conv2d(len(weight[0]), len(weight), 1)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(weight)[..., None, None])
        layer.bias.copy_(torch.tensor(bias))
    return layer


def test_the_share_of_open_cells_by_hand():
    head = Head(conv([[1.0], [2.0]], [-1.5, 0.0]), "rectified")
    maps, target = torch.tensor([[[1.0, 2.0], [3.0, 0.0]], [[0.0, 0.0], [-1.0, 4.0]]]), torch.tensor([0, 1])
    assert head.weight.tolist() == [[1.0], [2.0]]
    assert head.bias_of(target).flatten().tolist() == [-1.5, 0.0]
    assert head.open_share(maps, target).flatten().tolist() == [0.5, 0.25]
    assert Head(head.module, "linear").open_share(maps, target) == 1


def test_the_share_with_one_logit_is_that_of_class_one():
    head = Head(conv([[1.0]], [0.5]), "rectified")
    maps = torch.tensor([[[1.0, -1.0], [-2.0, 0.0]]])
    assert head.open_share(maps, torch.tensor([1])).flatten().tolist() == [0.5]
    assert head.open_share(-maps, torch.tensor([0])).flatten().tolist() == [0.5]


def test_no_bias():
    head = Head(nn.Linear(2, 3, bias=False), "linear")
    assert head.bias_of(torch.tensor([0, 1])) == 0


def test_equal_weights_are_told_apart_by_identity():
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    net[1].load_state_dict(net[0].state_dict())
    assert module_of(net, net[0].weight) is net[0]
    assert module_of(net, net[1].weight) is net[1]
    assert module_of(net, torch.zeros(2, 2)) is None


def test_means_within_the_precision_computed_in():
    features = torch.rand(2, 3, 7, 7) + 1
    mean = features.mean((2, 3))
    assert is_mean(mean, features)
    assert is_mean(mean.half(), features.half())
    assert not is_mean(mean * 1.01, features)
    assert not is_mean(mean.flip(1), features)
    assert is_mean(mean * float("nan"), features * float("nan"))  # no evidence against


def test_logits_are_what_the_head_makes():
    features = torch.randn(4, 2, 5, 5)
    for classes in (1, 3):
        layer = nn.Conv2d(2, classes, 1)
        logits = layer(features).relu().mean((2, 3))
        assert makes(Head(layer, "rectified"), logits, features)
        assert not makes(Head(layer, "linear"), logits, features)
        assert not makes(Head(layer, "rectified"), logits + 1, features)
