"""The first forward finds the layer, or says why there is none."""

import torch
from torch import nn

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
