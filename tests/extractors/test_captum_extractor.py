"""captum's methods give what captum gives, and leave no trace, on networks that captum alone refuses or gets wrong."""

import copy
import pickle
import threading
from contextlib import nullcontext

import captum.attr
import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from saliencekit.errors import InputError, ModelError, UsageError
from saliencekit.extractors import GradCAM
from saliencekit.extractors.captum_extractor import CaptumExtractor
from saliencekit.extractors.for_captum.methods import METHODS

SETTINGS = {
    "IntegratedGradients": {"n_steps": 12},
    "GradientShap": {"n_samples": 3},
    "NoiseTunnel": {"nt_samples": 3},
    "Occlusion": {"sliding_window_shapes": (3, 4, 4), "strides": (3, 2, 2)},
}
DIFFERENCES = ("DeepLift", "IntegratedGradients")  # sum up to the logit less that of the baseline


def chain(*, classes=3, inplace=False, pool=nn.MaxPool2d):
    torch.manual_seed(3)
    return (
        nn.Sequential(
            nn.Conv2d(3, 6, 3, padding=1),
            nn.ReLU(inplace),
            pool(2),
            nn.Conv2d(6, 8, 3, padding=1),
            nn.ReLU(inplace),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(8, classes),
        )
        .eval()
        .requires_grad_(False)
    )


@pytest.fixture
def images():
    return torch.randn(3, 3, 16, 12, generator=torch.Generator().manual_seed(7))


@pytest.fixture(params=METHODS)
def method(request):
    return request.param


def made(net, method, **more):
    return CaptumExtractor(net, method, settings=SETTINGS.get(method, {}), **more)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("method", sorted(set(METHODS) - {"GradientShap", "NoiseTunnel", "FeatureAblation"}))
def test_values_are_those_of_captum(method, images):
    # captum's DeepLift loses what a nonlinear layer says directly behind another: see the sums below
    net = chain(pool=nn.AvgPool2d if method == "DeepLift" else nn.MaxPool2d)
    target, cls = torch.tensor([0, 2, 1]), getattr(captum.attr, method)
    direct = cls(net, net[3]) if method == "GuidedGradCam" else cls(net)
    if method == "LRP":  # which refuses Flatten
        direct = cls(nn.Sequential(*net[:6], nn.Conv2d(8, 3, 1)))
        direct.model[6].load_state_dict({"weight": net[7].weight[:, :, None, None], "bias": net[7].bias})
        expected = direct.attribute(images.clone().requires_grad_(), target=[(each, 0, 0) for each in target.tolist()])
        torch.testing.assert_close(made(net, method)(images, target), expected.detach().sum(1))
        return
    expected = direct.attribute(images.clone().requires_grad_(), target=target, **SETTINGS.get(method, {}))
    extract = made(net, method, layer="3") if method == "GuidedGradCam" else made(net, method)
    torch.testing.assert_close(extract(images, target), expected.detach().sum(1))
    magnitude = made(net, method, channels="magnitude", layer=extract._layer or "auto")
    torch.testing.assert_close(magnitude(images, target), expected.detach().abs().sum(1))
    torch.testing.assert_close(extract.logits, net(images))
    assert extract.target.tolist() == [0, 2, 1]
    assert extract.layer_name == ("3" if method == "GuidedGradCam" else "input")


def test_saliency_of_a_linear_network_by_hand():
    net = nn.Sequential(nn.Flatten(), nn.Linear(8, 2, bias=False))
    net[1].weight.data = torch.stack([torch.arange(8.0), -torch.arange(8.0)])
    images = torch.ones(1, 2, 2, 2)
    # pixel p has the weights p and p + 4 in its two channels
    expected = torch.tensor([[[4.0, 6.0], [8.0, 10.0]]])
    torch.testing.assert_close(CaptumExtractor(net, "Saliency")(images, 1), expected)
    torch.testing.assert_close(CaptumExtractor(net, "Saliency", settings={"abs": False})(images, 1), -expected)
    torch.testing.assert_close(CaptumExtractor(net, "InputXGradient")(2 * images, 1), -2 * expected)


def test_patches_of_feature_ablation_by_hand():
    net = nn.Sequential(nn.Flatten(), nn.Linear(28 * 14, 2, bias=False))
    images = torch.rand(1, 1, 28, 14)
    maps = CaptumExtractor(net, "FeatureAblation")(images, 0)
    # patches of 2 x 1 pixels, each taken away once
    expected = (net[1].weight[0].view(28, 14) * images[0, 0]).view(14, 2, 14).sum(1).repeat_interleave(2, 0)
    torch.testing.assert_close(maps[0], expected.detach())


def test_one_logit(method, images):
    net = chain(classes=1)

    class Both(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = net

        def forward(self, x):
            logit = self.net(x)
            return torch.cat((-logit, logit), 1)

    target = torch.tensor([0, 1, 0])
    extract = made(net, method)
    torch.testing.assert_close(extract(images, target), made(Both(), method)(images, target))
    assert extract.logits.shape == (3, 1)
    torch.testing.assert_close(extract(images), extract(images, (net(images)[:, 0] > 0).long()))


def test_a_batch_is_its_images_one_by_one(method, images):
    net = chain()
    whole = made(net, method)(images, torch.tensor([0, 1, 2]))
    single = [made(net, method)(image[None], number) for number, image in enumerate(images)]
    torch.testing.assert_close(whole, torch.cat(single), rtol=1e-4, atol=1e-6)


def test_any_memory_format_and_dtype(method, images):
    net = chain()
    expected = made(net, method)(images, 1)
    found = made(net, method)(images.contiguous(memory_format=torch.channels_last), 1)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-6)
    assert made(net.double(), method)(images.double(), 1).dtype == torch.float64


@pytest.mark.parametrize("method", ["Saliency", "DeepLift", "Occlusion", "GuidedGradCam", "GradientShap", "LRP"])
def test_in_any_context(method, context, images):
    net = chain()
    expected = made(net, method)(images, 1)
    with context():
        recording = torch.is_grad_enabled(), torch.is_inference_mode_enabled()
        found = made(net, method)(images.clone(), 1)
        assert (torch.is_grad_enabled(), torch.is_inference_mode_enabled()) == recording
    assert found.dtype == torch.float32
    assert not found.requires_grad
    assert not found.is_inference()
    tolerance = 0.2 if context.__name__ == "autocast" else 1e-5
    assert (found - expected).norm() <= tolerance * expected.norm() + 1e-9


class Awkward(nn.Module):
    """Layers in place, one used twice, and functions: each refused, or passed over in silence, by captum's hooks."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 6, 3, padding=1), nn.Conv2d(6, 6, 3, padding=1)
        self.norm, self.fc = nn.BatchNorm2d(6), nn.Linear(6, 3)
        self.relu, self.pool = nn.ReLU(inplace=True), nn.MaxPool2d(2)

    def forward(self, x):
        x = self.relu(self.first(x))
        x = self.pool(x) + x[:, :, ::2, ::2].tanh()  # others read the input of the pooling too
        x = F.relu(self.norm(self.relu(self.second(x)) + x), inplace=True)
        return self.fc(torch.sigmoid(x.mean((2, 3))))


@pytest.fixture
def awkward():
    torch.manual_seed(1)
    net = Awkward()
    nn.init.normal_(net.norm.running_mean, std=0.3)
    return net.eval()


@pytest.mark.parametrize("method", DIFFERENCES)
@pytest.mark.parametrize("kind", ["chain", "awkward"])
def test_attributions_sum_up_to_the_difference_of_the_logits(kind, method, awkward, images):
    awkward, images = (awkward if kind == "awkward" else chain()).double(), images.double()
    settings = {"n_steps": 2000} if method == "IntegratedGradients" else {}
    maps = CaptumExtractor(awkward, method, settings=settings)(images, 2)
    difference = (awkward(images) - awkward(torch.zeros_like(images)))[:, 2].detach()
    tolerance = 1e-3 if method == "IntegratedGradients" else 1e-9
    torch.testing.assert_close(maps.sum((1, 2)), difference, rtol=tolerance, atol=tolerance)


def test_guided_backprop_guides_every_rectifier(images):
    class Functional(nn.Module):
        def __init__(self, net):
            super().__init__()
            self.net = net

        def forward(self, x):
            x = F.relu(self.net[0](x), inplace=True)
            x = self.net[3](self.net[2](x)).relu_()
            return self.net[5:](x)

    net = chain()
    for method in ("GuidedBackprop", "Deconvolution", "DeepLift", "LRP"):
        expected = made(net, method)(images, 1)
        torch.testing.assert_close(made(chain(inplace=True), method)(images, 1), expected)
        torch.testing.assert_close(made(Functional(chain()), method)(images, 1), expected)


def test_what_is_written_and_not_returned_is_refused(images):
    class Written(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.relu, self.fc = nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True), nn.Linear(4, 2)

        def forward(self, x):
            x = self.conv(x)
            self.relu(x)
            return self.fc(x.mean((2, 3)))

    torch.manual_seed(0)
    with pytest.raises(ModelError, match=r"^a layer of the model is there for what it writes into its input, not for"):
        made(Written(), "GuidedBackprop")(images)
    assert made(Written(), "Saliency")(images).isfinite().all()


@pytest.mark.parametrize("training", [False, True])
def test_no_trace(method, training, images, seen, make_net):
    net = make_net(inplace=True).train(training)
    net.fc.bias.requires_grad_(False)
    net(images).sum().backward()
    before, numbers, given = seen(net), np.random.get_state()[1].tolist(), images.clone()
    full = [module._is_full_backward_hook for module in net.modules()]
    extract = made(net, method) if method != "LRP" else made(net, "Saliency")
    extract(images, 1)
    assert seen(net) == before
    assert [module._is_full_backward_hook for module in net.modules()] == full
    assert np.random.get_state()[1].tolist() == numbers
    assert torch.equal(images, given)
    assert images.grad is None
    pickle.loads(pickle.dumps(net.stem)), copy.deepcopy(net.stem)


@pytest.mark.parametrize("fault", [IndexError, KeyboardInterrupt])
@pytest.mark.parametrize("forward", [1, 2, 3])
def test_no_trace_after_a_fault_in_the_model(method, forward, fault, images, seen):
    net, calls = chain().train(), []

    def fail_later(*_):
        calls.append(1)
        if len(calls) == forward:
            raise fault("on purpose")

    net[3].register_forward_hook(fail_later)
    before, numbers = seen(net), np.random.get_state()[1].tolist()
    once = method in ("Saliency", "InputXGradient") and forward == 3
    with nullcontext() if once else pytest.raises(fault, match=r"^on purpose$"):
        made(net, method)(images, 1)
    assert seen(net) == before
    assert np.random.get_state()[1].tolist() == numbers


def test_the_callers_graph_and_other_extractors_are_left_alone(method, images):
    net = chain().requires_grad_()
    with GradCAM(net, "3") as grad:
        logits = net(images)
        maps = grad.maps(1)
        made(net, method)(images, 1)
        torch.testing.assert_close(grad.maps(1), maps)
        logits.sum().backward()
    assert net[0].weight.grad.abs().max() > 0


@pytest.mark.parametrize("method", ["GradientShap", "NoiseTunnel"])
def test_what_is_drawn_depends_on_the_seed_alone(method, images):
    net = chain()
    first = made(net, method, seed=1)(images, 1)
    torch.rand(3), np.random.rand(3)
    assert torch.equal(made(net, method, seed=1)(images, 1), first)
    assert not torch.allclose(made(net, method, seed=2)(images, 1), first)


def test_outputs_that_are_no_tensor_and_layers_that_compute_weights(images):
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.net, self.last = chain(), None
            nn.utils.parametrizations.weight_norm(self.net[7])

        def forward(self, x):
            self.last = self.net[:7](x.requires_grad_() if not x.requires_grad else x)  # a tensor with a graph
            return {"embedding": self.last, "logits": self.net[7](self.last)}

    net = Two()
    net(images.clone())
    found = CaptumExtractor(net, "Saliency", output="logits")(images, 1)
    torch.testing.assert_close(found, CaptumExtractor(chain(), "Saliency")(images, 1))


def test_compiled_and_wrapped(images):
    net = chain()
    expected = CaptumExtractor(net, "Saliency")(images, 1)
    for wrapped in (torch.compile(chain()), nn.DataParallel(chain())):
        torch.testing.assert_close(CaptumExtractor(wrapped, "Saliency")(images, 1), expected)


def test_in_a_block_it_says_that_it_runs_forwards_of_its_own():
    extract = CaptumExtractor(chain(), "Saliency")
    sentence = r"^captum's Saliency runs forwards of its own and cannot reuse yours: call it on the images instead$"
    with pytest.raises(UsageError, match=sentence), extract:
        pass
    with pytest.raises(UsageError, match=sentence):
        extract.maps()
    with pytest.raises(UsageError, match=r"^this CaptumExtractor has explained nothing yet: call it on images first$"):
        extract.logits  # noqa: B018


@pytest.mark.parametrize(
    ("make", "error", "sentence"),
    [
        (
            lambda: made(chain(), "Saliencey"),
            UsageError,
            "^unknown attribution of captum 'Saliencey': expected one of D",
        ),
        (
            lambda: made(chain(), "Saliency", layer="3"),
            UsageError,
            "^captum's Saliency explains the images: it takes no",
        ),
        (lambda: made(chain(), "Saliency", channels="max"), UsageError, "^unknown sum of channels 'max'"),
        (
            lambda: CaptumExtractor(chain(), "Occlusion", settings={"stride": 3}),
            UsageError,
            "^unknown setting of captum's Occlusion 'stride': expected one of .*; did you mean 'strides'?",
        ),
        (lambda: made(chain(), "GuidedGradCam", layer="33"), ModelError, "^the model has no layer '33'"),
    ],
)
def test_what_is_refused_when_it_is_made(make, error, sentence):
    with pytest.raises(error, match=sentence):
        make()


def test_what_is_refused_when_it_is_called(images):
    net = chain()
    with pytest.raises(InputError, match=r"^expected `images` of shape \(N, C, H, W\) with N of at least 1, got"):
        made(net, "Saliency")(images[0])
    with pytest.raises(InputError, match=r"^expected `target` from 0 to 2, got 3$"):
        made(net, "Saliency")(images, 3)
    with pytest.raises(
        ModelError, match=r"^captum's LRP cannot explain this model with these settings: Module of type"
    ):
        made(nn.Sequential(chain(), nn.SiLU()), "LRP")(images)
    wrong = {"sliding_window_shapes": (3, 4, 4), "strides": (3, 9, 9)}
    with pytest.raises(ModelError, match=r"^captum's Occlusion cannot explain this model with these settings: "):
        CaptumExtractor(net, "Occlusion", settings=wrong)(images)
    twice = nn.Sequential(net[0], net[1], nn.Conv2d(6, 6, 1), net[1], *net[2:])
    with pytest.raises(ModelError, match=r"^layer '1' is used 2 times in a forward: choose one used once$"):
        made(twice, "GuidedGradCam", layer="1")(images)
    with pytest.raises(ModelError, match=r"^no logits and attribution of captum's Saliency are finite numbers: look"):
        made(net, "Saliency")(images * torch.nan)
    locked = chain()
    locked.lock = threading.Lock()
    with pytest.raises(ModelError, match=r"^captum is given a copy of the model, and this one cannot be copied: "):
        made(locked, "Saliency")(images)


def test_relevance_that_is_not_conserved_is_refused():
    from torchvision.models import resnet18

    torch.manual_seed(0)
    net = resnet18(num_classes=4).eval()
    with pytest.raises(ModelError, match=r"^captum's LRP has no rule for a step of this model"):
        made(net, "LRP")(torch.randn(1, 3, 64, 64))
