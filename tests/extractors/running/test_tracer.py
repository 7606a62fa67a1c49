"""The first forward finds the layer, or says why there is none."""

import pytest
import torch
from torch import nn

from saliencekit.errors import ModelError
from saliencekit.extractors import CAM, GradCAM, HiResCAM


def test_images_passed_on_as_they_are_stay_the_callers(images):
    net = nn.Sequential(nn.Identity(), nn.Flatten(), nn.Linear(3 * 9 * 11, 8), nn.Tanh(), nn.Linear(8, 2)).eval()
    maps = GradCAM(net, "0")(images)
    assert maps.shape == (4, 9, 11)
    assert not images.requires_grad
    with GradCAM(net, "0") as extract:
        net(images)
        assert extract.maps().shape == (4, 9, 11)
    assert not images.requires_grad


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


class Tokens(nn.Module):
    """Tokens that only linear layers work on, so that no patch reaches another."""

    def __init__(self, read):
        super().__init__()
        self.patches, self.fc, self.read = nn.Conv2d(3, 8, 3, stride=3), nn.Linear(8, 2), read
        self.blocks = nn.Sequential(*[nn.Linear(8, 8) for _ in range(4)])

    def forward(self, images):
        return self.fc(self.read(self.blocks(self.patches(images).flatten(2).transpose(1, 2))))


def test_tokens_without_attention(images):
    extract = HiResCAM(Tokens(lambda x: x[:, 4]))
    maps = extract(images, 1)
    assert extract.layer_name == "blocks"
    assert maps.shape == (4, 3, 3)
    assert {tuple(each) for each in maps.nonzero()[:, 1:].tolist()} == {(1, 1)}
    mean = CAM(Tokens(lambda x: x.mean(1)))
    assert mean(images).shape == (4, 3, 3)
    assert mean.layer_name == "blocks"


def test_tokens_on_no_known_grid_are_named_as_such(images):
    net = Tokens(lambda x: x[:, 0])
    net.blocks = nn.Sequential(Merging(), *net.blocks)
    with pytest.raises(ModelError, match=r"^after 'patches' the model works on tokens \(N, L, C\), and on which grid"):
        GradCAM(net)(images)


class Merging(nn.Module):
    def forward(self, x):
        return x[:, 1::2] + x[:, :-1:2]


def test_channels_last_networks(images):
    class Last(nn.Module):
        def __init__(self, squash):
            super().__init__()
            self.patches, self.mix, self.fc = nn.Conv2d(3, 8, 3, stride=3), nn.Linear(8, 8), nn.Linear(8, 3)
            self.squash = squash

        def forward(self, images):
            return self.fc(self.squash(self.mix(self.patches(images).permute(0, 2, 3, 1)).mean((1, 2))))

    torch.manual_seed(0)
    for squash in (nn.Identity(), nn.Tanh()):
        net = Last(squash).eval()
        features = net.mix(net.patches(images).permute(0, 2, 3, 1)).detach().requires_grad_()
        gradient = torch.autograd.grad(net.fc(squash(features.mean((1, 2))))[:, 1].sum(), features)[0]
        expected = (features * gradient.mean((1, 2), keepdim=True)).sum(-1).detach()
        for layer in ("auto", "mix"):
            extract = GradCAM(net, layer, relu=False)
            for _ in range(2):
                torch.testing.assert_close(extract(images, 1), expected)
                assert extract.layer_name == "mix"
        assert GradCAM(net, "patches")(images).shape == (4, 3, 3)


def test_branches_that_pool_on_the_way_are_not_the_layer(make_net, images):
    def squeeze_and_excite(net, x):
        x = x * net.gate(x.mean((2, 3), keepdim=True)).sigmoid()
        return net.fc(net.final(x).mean((2, 3)).tanh())

    net = make_net(squeeze_and_excite)
    net.gate, net.final = nn.Conv2d(8, 8, 1), nn.Conv2d(8, 8, 1)
    extract = GradCAM(net)
    extract(images)
    assert extract.layer_name == "final"


def test_a_layer_that_two_paths_read(make_net, images, reference):
    net = make_net(lambda net, x: net.fc(x.mean((2, 3)) + x.amax((2, 3))))
    target = torch.tensor([0, 1, 2, 0])
    extract = GradCAM(net, relu=False)
    for _ in range(2):
        torch.testing.assert_close(extract(images, target), reference(net, images, target, "last", relu=False))


def test_maps_of_one_cell(make_net):
    for head in (lambda net, x: net.fc(x.mean((2, 3))), lambda net, x: net.fc(x.mean((2, 3)).tanh())):
        extract = GradCAM(make_net(head))
        assert extract(torch.rand(2, 3, 2, 1)).shape == (2, 1, 1)
        assert extract.layer_name == "last"


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
