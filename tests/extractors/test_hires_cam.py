"""HiResCAM is features times gradients, sums to the logit behind one linear layer, and can be trained on."""

import pytest
import torch

from saliencekit.extractors import CAM, GradCAM, HiResCAM


@pytest.mark.parametrize("relu", [True, False])
def test_equal_to_the_literal_formula(relu, book):
    net, images, target, found = book
    expected = []
    for features, gradients in found:
        cells = torch.zeros(features.shape[1:]).double()
        for c in range(features.shape[0]):
            for i in range(features.shape[1]):
                for j in range(features.shape[2]):
                    cells[i, j] += features[c, i, j] * gradients[c, i, j]
        expected.append(cells.relu() if relu else cells)
    expected = torch.stack(expected)
    assert expected.abs().max() > 0
    extract = HiResCAM(net, relu=relu)
    for _ in range(2):
        torch.testing.assert_close(extract(images, target), expected, rtol=1e-10, atol=1e-12)
        assert extract.layer_name == "1"


@pytest.mark.parametrize("book", ["linear", "flat", "one logit"], indirect=True)
def test_behind_one_linear_layer_cells_and_bias_are_the_logit(book):
    net, images, _, _ = book
    extract = HiResCAM(net)
    for target in range(len(net[-1].weight)):
        logit = extract(images, 1).sum((1, 2)) if len(net[-1].weight) == 1 else extract(images, target).sum((1, 2))
        torch.testing.assert_close(logit + net[-1].bias[target], extract.logits[:, target])


@pytest.mark.parametrize("book", ["linear"], indirect=True)
def test_behind_pooling_it_is_cam_and_grad_cam(book):
    net, images, target, _ = book
    maps = HiResCAM(net)(images, target)
    torch.testing.assert_close(maps * 20, CAM(net)(images, target))
    torch.testing.assert_close(maps, GradCAM(net, relu=False)(images, target))


@pytest.mark.parametrize("book", ["linear", "rectified", "flat", "deep"], indirect=True)
def test_it_trains(book):
    net, images, target, _ = book
    with HiResCAM(net) as extract:
        for _ in range(2):
            logits = net(images)
            loss = extract.maps(target).square().sum() + logits.square().mean()
            found = torch.autograd.grad(loss, list(net.parameters()), allow_unused=True)
            features = net[:2](images)
            again = net[2:](features)
            slope = torch.autograd.grad(again.gather(1, target[:, None]).sum(), features, create_graph=True)[0]
            by_hand = (slope * features).sum(1).square().sum() + again.square().mean()
            expected = torch.autograd.grad(by_hand, list(net.parameters()), allow_unused=True)
            assert found[0].abs().max() > 0
            for one, other in zip(found, expected, strict=True):
                torch.testing.assert_close(one, other, rtol=1e-8, atol=1e-12)


def test_second_order_through_a_smooth_head(make_net, images):
    net = make_net(lambda net, x: net.fc((x.mean((2, 3)) * 3).tanh())).double()
    images, target = images.double(), torch.tensor([0, 1, 2, 0])

    def maps_by(weight):
        with torch.no_grad():
            net.last.weight.copy_(weight)
        with HiResCAM(net) as extract:
            net(images)
            return extract.maps(target)

    weight = net.last.weight.detach().clone()
    found = torch.autograd.grad(maps_by(weight).square().sum(), net.last.weight)[0]
    step = torch.zeros_like(weight)
    for place in ((0, 0, 0, 0), (3, 2, 1, 1), (7, 4, 2, 2)):
        step.zero_()[place] = 1e-5
        slope = (maps_by(weight + step).square().sum() - maps_by(weight - step).square().sum()) / 2e-5
        torch.testing.assert_close(found[place], slope.detach(), rtol=1e-5, atol=1e-8)
