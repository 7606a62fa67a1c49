"""CAM is the head's weights on the features; where there is no such head, it says so."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import parametrizations

from saliencekit.errors import ModelError
from saliencekit.extractors import CAM


def fixed_net(*, classes=2):
    """Features are the image; the head weighs two channels."""
    net = nn.Sequential(nn.LeakyReLU(1.0), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, classes))
    with torch.no_grad():
        net[3].weight.copy_(torch.tensor([[1.0, -1.0], [3.0, 5.0]])[:classes])
        net[3].bias.copy_(torch.tensor([100.0, 7.0])[:classes])
    return net.eval()


GRID = torch.tensor([[[[1.0, 0.0], [4.0, -2.0]], [[0.0, 2.0], [1.0, 1.0]]]])


def test_a_map_worked_out_by_hand():
    extract = CAM(fixed_net())
    assert extract(GRID, target=0).tolist() == [[[1.0, -2.0], [3.0, -3.0]]]
    assert extract(GRID, target=1).tolist() == [[[3.0, 10.0], [17.0, -1.0]]]
    assert extract.logits.tolist() == [[100 - 0.25, 7 + 29 / 4]]
    assert extract(GRID).tolist() == [[[1.0, -2.0], [3.0, -3.0]]]
    assert extract.target.tolist() == [0]


def test_one_logit_explains_the_negative_class_by_the_negated_map():
    extract = CAM(fixed_net(classes=1))
    assert extract(GRID, target=1).tolist() == [[[1.0, -2.0], [3.0, -3.0]]]
    assert extract(GRID, target=0).tolist() == [[[-1.0, 2.0], [-3.0, 3.0]]]
    assert extract(GRID).tolist() == [[[1.0, -2.0], [3.0, -3.0]]]
    assert extract.target.tolist() == [1]


def test_a_target_for_each_image():
    extract = CAM(fixed_net())
    maps = extract(GRID.repeat(2, 1, 1, 1), target=torch.tensor([1, 0]))
    assert maps[0].tolist() == [[3.0, 10.0], [17.0, -1.0]]
    assert maps[1].tolist() == [[1.0, -2.0], [3.0, -3.0]]
    assert torch.equal(maps, extract(GRID.repeat(2, 1, 1, 1), "label", torch.tensor([1, 0])))


POOLED_HEADS = {
    "module": lambda net, x: net.fc(net.pool(x).flatten(1)),
    "module, relu in place": lambda net, x: net.fc(net.pool(F.relu(x, inplace=True)).flatten(1)),
    "functional relu": lambda net, x: net.fc(F.adaptive_avg_pool2d(F.relu(x), (1, 1)).flatten(1)),
    "functional relu in place": lambda net, x: net.fc(torch.flatten(F.adaptive_avg_pool2d(x.relu_(), 1), 1)),
    "gelu": lambda net, x: net.fc(F.gelu(x).mean((2, 3))),
    "mean": lambda net, x: net.fc(x.mean([2, 3])),
    "mean, negative axes, kept": lambda net, x: net.fc(torch.mean(x, dim=(-1, -2), keepdim=True).flatten(1)),
    "mean twice": lambda net, x: net.fc(x.mean(3).mean(2)),
    "flat mean": lambda net, x: net.fc(x.flatten(2).mean(-1)),
    "view mean": lambda net, x: net.fc(x.view(len(x), 8, -1).mean(2)),
    "window": lambda net, x: net.fc(F.avg_pool2d(x, x.shape[2:]).view(len(x), -1)),
    "squeezed": lambda net, x: net.fc(x.mean((2, 3), keepdim=True).squeeze(-1).squeeze(-1)),
    "dropout off": lambda net, x: net.fc(F.dropout(x.mean((2, 3)), 0.5, training=False)),
    "copies": lambda net, x: net.fc(x.mean((2, 3)).clone().contiguous()).float().clone(),
    "permuted": lambda net, x: net.fc(x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2).mean((2, 3))),
    "1x1 convolution behind": lambda net, x: net.conv(F.adaptive_avg_pool2d(x, 1)).flatten(1),
    "1x1 convolution behind, not flat": lambda net, x: net.conv(F.adaptive_avg_pool2d(x, 1)),
    "1x1 convolution before": lambda net, x: F.adaptive_avg_pool2d(net.conv(x), 1).flatten(1),
    "tuple": lambda net, x: (x, net.fc(x.mean((2, 3)))),
}


@pytest.mark.parametrize("name", POOLED_HEADS)
@pytest.mark.parametrize("relu_before", [False, True])
def test_the_mean_of_the_map_and_the_bias_are_the_logit(name, relu_before, make_net, images):
    def head(net, x):
        return POOLED_HEADS[name](net, net.act(x) if relu_before else x)

    net = make_net(head)
    net.pool, net.conv = nn.AdaptiveAvgPool2d(1), nn.Conv2d(8, 3, 1)
    extract = CAM(net)
    for _ in range(2):  # traced, then hooked
        for target in range(3):
            maps = extract(images, target)
            bias = (net.conv if "convolution" in name else net.fc).bias[target]
            torch.testing.assert_close(maps.mean((1, 2)) + bias, extract.logits[:, target], rtol=1e-5, atol=1e-6)
    with torch.inference_mode():
        assert torch.equal(extract(images, 2), maps)


@pytest.mark.parametrize("name", POOLED_HEADS)
def test_the_head_is_found_in_train_mode_with_dropout_and_left_out_of_the_map(name, make_net, images):
    net = make_net(POOLED_HEADS[name])
    net.pool, net.conv = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Dropout(0.5)), nn.Conv2d(8, 3, 1)
    expected = CAM(net)(images, 1)
    net.pool.train()
    assert torch.equal(CAM(net)(images, 1), expected)


def test_dropout_in_place_and_in_train_mode(make_net, images):
    net = make_net(lambda net, x: net.fc(F.dropout(x.mean((2, 3)), 0.5, training=True, inplace=True)))
    torch.testing.assert_close(CAM(net)(images, 1), CAM(make_net(POOLED_HEADS["mean"]))(images, 1))


REFUSED = {
    "two layers": lambda net, x: net.fc(net.fc2(x.mean((2, 3))).relu()),
    "two layers, linear": lambda net, x: net.fc(net.fc2(x.mean((2, 3)))),
    "normalised": lambda net, x: net.fc(F.layer_norm(x.mean((2, 3)), (8,))),
    "fresh batch norm": lambda net, x: net.fc(net.norm1(x.mean((2, 3)))),
    "generalised mean": lambda net, x: net.fc(x.relu().clamp(min=1e-6).pow(1.0).mean((2, 3)).pow(1.0)),
    "softmaxed": lambda net, x: net.fc(x.mean((2, 3))).softmax(1),
    "tempered": lambda net, x: net.fc(x.mean((2, 3))) * 1.0,
    "tempered in place": lambda net, x: net.fc(x.mean((2, 3))).div_(2),
    "pooled by the largest": lambda net, x: net.fc(x.amax((2, 3))),
    "mean and largest": lambda net, x: net.fc(x.mean((2, 3)) + x.amax((2, 3))),
    "flat": lambda net, x: net.wide(x.flatten(1)),
    "cosine": lambda net, x: F.linear(x.mean((2, 3)), F.normalize(net.fc.weight)),
    "window too small": lambda net, x: net.fc(F.avg_pool2d(x, 4).flatten(1)),
    "window beyond the edge": lambda net, x: net.fc(F.avg_pool2d(x, (5, 6), stride=9, padding=1).flatten(1)),
    "softplus before pooling": lambda net, x: F.softplus(net.conv(x)).mean((2, 3)),
    "two heads, summed": lambda net, x: net.fc(x.mean((2, 3))) + net.fc(x.amax((2, 3))),
}


@pytest.mark.parametrize("name", REFUSED)
def test_any_other_head_is_refused(name, make_net, images):
    net = make_net(REFUSED[name])
    net.fc2, net.norm1, net.wide, net.conv = (
        nn.Linear(8, 8), nn.BatchNorm1d(8).eval(), nn.Linear(8 * 30, 3), nn.Conv2d(8, 3, 1),
    )  # fmt: skip
    with pytest.raises(ModelError, match=r"^CAM is not defined for this model, whose head is not .* use grad-cam"):
        CAM(net)(images)


def test_a_weight_made_anew_at_every_access_is_found(make_net, images):
    net = make_net(POOLED_HEADS["mean"])
    parametrizations.weight_norm(net.fc)
    extract = CAM(net)
    maps = extract(images, 1)
    torch.testing.assert_close(maps.mean((1, 2)) + net.fc.bias[1], extract.logits[:, 1])


def test_the_weight_is_read_anew_at_every_call(make_net, images):
    net = make_net()
    extract = CAM(net)
    before = extract(images, 1)
    with torch.no_grad():
        net.fc.weight.mul_(2)
    torch.testing.assert_close(extract(images, 1), 2 * before)


def test_with_a_relu_behind_the_class_maps_the_map_is_that_before_it():
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Dropout(), nn.Conv2d(8, 3, 1), nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
    ).eval()  # fmt: skip
    images = torch.rand(2, 3, 7, 7)
    extract = CAM(net)
    expected = net[3](net[:3](images))[:, 1] - net[3].bias[1]
    for _ in range(2):
        torch.testing.assert_close(extract(images, 1), expected)
        assert extract.layer_name == "1"


@torch.no_grad()
def test_an_earlier_layer_of_as_many_channels_may_be_named(make_net, images):
    net = make_net()  # the head pools relu(last)
    extract = CAM(net, layer="last")
    expected = torch.einsum("nchw,c->nhw", net.last(net.act(net.norm(net.stem(images)))), net.fc.weight[1])
    torch.testing.assert_close(extract(images, 1), expected)
    assert not torch.allclose(expected, CAM(net)(images, 1))
    with pytest.raises(ModelError, match=r"not defined for layer 'stem' of 5 channels, since the head weighs 8"):
        CAM(net, layer="stem")(images)


def test_in_training_the_maps_reach_features_and_weight(make_net, images):
    net = make_net().train()
    labels = torch.tensor([0, 1, 2, 0])
    with CAM(net) as extract:
        for _ in range(2):
            logits = net(images)
            maps = extract.maps("label", labels)
            assert torch.equal(extract.logits, logits)
            gradients = torch.autograd.grad(maps.square().sum(), [net.stem.weight, net.fc.weight])
            kept = {}
            handle = net.last.register_forward_hook(lambda _, __, out, kept=kept: kept.update(out=out))
            net(images)
            handle.remove()
            by_hand = torch.einsum("nchw,nc->nhw", kept["out"].relu(), net.fc.weight[labels])
            torch.testing.assert_close(maps, by_hand)
            expected = torch.autograd.grad(by_hand.square().sum(), [net.stem.weight, net.fc.weight])
            torch.testing.assert_close(gradients, expected)
            assert all(each.abs().max() > 0 for each in gradients)
