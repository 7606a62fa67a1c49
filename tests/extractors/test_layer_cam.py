"""LayerCAM is features times positive gradients, for any layer, and can be trained on."""

import pytest
import torch

from saliencekit.extractors import LayerCAM


@pytest.mark.parametrize("relu", [True, False])
def test_equal_to_the_literal_formula(relu, book):
    net, images, target, found = book
    expected = []
    for features, gradients in found:
        cells = torch.zeros(features.shape[1:]).double()
        for c in range(features.shape[0]):
            for i in range(features.shape[1]):
                for j in range(features.shape[2]):
                    cells[i, j] += max(float(gradients[c, i, j]), 0.0) * features[c, i, j]
        expected.append(cells.relu() if relu else cells)
    expected = torch.stack(expected)
    assert expected.abs().max() > 0
    extract = LayerCAM(net, relu=relu)
    for _ in range(2):
        torch.testing.assert_close(extract(images, target), expected, rtol=1e-10, atol=1e-12)
        assert extract.layer_name == "1"


def test_an_early_layer(make_net, images):
    net, target = make_net(), torch.tensor([0, 1, 2, 0])
    features = net.act(net.norm(net.stem(images)))
    score = net.fc(net.last(features).relu().mean((2, 3))).gather(1, target[:, None]).sum()
    slope = torch.autograd.grad(score, features)[0]
    expected = (slope.relu() * features).sum(1).detach()
    torch.testing.assert_close(LayerCAM(net, "act")(images, target), expected)


@pytest.mark.parametrize("book", ["linear", "rectified", "flat", "deep"], indirect=True)
def test_it_trains(book):
    net, images, target, _ = book
    with LayerCAM(net) as extract:
        for _ in range(2):
            logits = net(images)
            loss = extract.maps(target).square().sum() + logits.square().mean()
            found = torch.autograd.grad(loss, list(net.parameters()), allow_unused=True)
            features = net[:2](images)
            again = net[2:](features)
            slope = torch.autograd.grad(again.gather(1, target[:, None]).sum(), features, create_graph=True)[0]
            by_hand = (slope.relu() * features).sum(1).square().sum() + again.square().mean()
            expected = torch.autograd.grad(by_hand, list(net.parameters()), allow_unused=True)
            assert found[0].abs().max() > 0
            for one, other in zip(found, expected, strict=True):
                torch.testing.assert_close(one, other, rtol=1e-8, atol=1e-12)
