"""The tensor explained: the layer named, or the one found, or the sentence that says why there is none."""

import pytest
import torch
from torch import nn

from saliencekit.errors import ModelError
from saliencekit.extractors import CAM, GradCAM


class Tokens(nn.Module):
    """Tokens that only linear layers work on, so that no patch reaches another."""

    def __init__(self, read):
        super().__init__()
        self.patches, self.fc, self.read = nn.Conv2d(3, 8, 3, stride=3), nn.Linear(8, 2), read
        self.blocks = nn.Sequential(*[nn.Linear(8, 8) for _ in range(4)])

    def forward(self, images):
        return self.fc(self.read(self.blocks(self.patches(images).flatten(2).transpose(1, 2))))


class Merging(nn.Module):
    def forward(self, x):
        return x[:, 1::2] + x[:, :-1:2]


def test_errors_about_the_layer(extractor, make_net, images):
    net = make_net()
    with pytest.raises(ModelError, match=r"^the model has no layer 'lst'; nearest: last"):
        extractor(net, "lst")
    with pytest.raises(ModelError, match=r"^the Linear given as layer is no part of the model"):
        extractor(net, nn.Linear(2, 2))
    assert extractor(net, net.last)(images).shape == (4, 5, 6)
    with pytest.raises(
        ModelError,
        match=r"^expected layer 'fc' to give maps .* or tokens \(N, L, C\), got \(4, 3\)",
    ):
        extractor(net, "fc")(images)
    net.unused = nn.Conv2d(3, 8, 1)
    with pytest.raises(ModelError, match=r"^layer 'unused' did not run when the model did"):
        extractor(net, "unused")(images)
    net.head = lambda net, x: net.fc(net.act(x).mean((2, 3)))
    with pytest.raises(ModelError, match=r"^layer 'act' ran 2 times in one forward"):
        extractor(net, "act")(images)


def test_tokens_on_no_known_grid_are_named_as_such(images):
    net = Tokens(lambda x: x[:, 0])
    net.blocks = nn.Sequential(Merging(), *net.blocks)
    with pytest.raises(ModelError, match=r"^after 'patches' the model works on tokens \(N, L, C\), and on which grid"):
        GradCAM(net)(images)


def test_the_layer_named_is_explained_in_closed_form_only_if_the_head_reads_it(make_net, images):
    def form(net, layer):
        extract = GradCAM(net, layer)
        extract(images)
        return extract._watcher._plans[False].closed

    plain = make_net(lambda net, x: net.fc(x.mean((2, 3))))
    assert form(plain, "last")
    assert not form(plain, "stem")
    assert not form(make_net(lambda net, x: net.fc(x.relu_().mean((2, 3)))), "last")
    assert not form(make_net(lambda net, x: net.fc(x.relu().mean((2, 3)))), "last")


def test_pooled_images_are_no_layer(extractor):
    net = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 2))
    with pytest.raises(ModelError, match=r"^the model has no spatial layer"):
        extractor(net)(torch.rand(2, 3, 5, 5))


def test_features_overwritten_behind_the_pooling_are_not_taken_for_those_pooled(make_net, images, reference):
    def head(net, x):
        logits = net.fc(x.mean((2, 3)))
        x.zero_()
        return logits

    with pytest.raises(ModelError, match=r"^CAM is not defined"):
        CAM(make_net(head))(images)
    target = torch.tensor([0, 1, 2, 0])
    expected = reference(make_net(lambda net, x: net.fc(x.mean((2, 3)))), images, target, "last")
    named = GradCAM(make_net(head), "last")
    for _ in range(2):
        torch.testing.assert_close(named(images, target), expected)
