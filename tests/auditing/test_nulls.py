import pytest
import torch
from torch import nn
from torch.nn import functional as F

from saliencekit import ModelError
from saliencekit.auditing.nulls import redrawn
from saliencekit.models import build_model


class Mixed(nn.Module):
    """Convolution, normalisations of several kinds, dropout, an attention with parameters of its own, a bare scale."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3, padding=1)
        self.norm = nn.BatchNorm2d(8)
        self.layer_norm = nn.GroupNorm(2, 8)
        self.drop = nn.Dropout(0.5)
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.scale = nn.Parameter(torch.linspace(0.5, 1.5, 8))
        self.head = nn.Linear(8, 2)

    def forward(self, images):
        features = self.drop(self.layer_norm(self.norm(self.conv(images)).relu()))
        tokens = features.flatten(2).transpose(1, 2)
        return self.head((self.attention(tokens, tokens, tokens)[0] * self.scale).mean(1))


def trained(model, images):
    """A few steps of real training, so that weights and statistics are no longer those of the initialisation."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        F.cross_entropy(model.train()(images), torch.arange(len(images)) % 2).backward()
        optimizer.step()
    return model.eval()


@pytest.fixture(scope="module")
def images():
    return torch.randn(6, 1, 56, 56, generator=torch.Generator().manual_seed(0)) * 3 + 5


@pytest.fixture(scope="module", params=["saliencekit:small-cnn", "mixed"])
def model(request, images):
    with torch.random.fork_rng([]):
        torch.manual_seed(0)
        made = Mixed() if request.param == "mixed" else build_model(request.param, num_classes=2)
        images = images[:, :, ::4, ::4] if request.param == "mixed" else images
        return trained(made, images)


def images_for(model, images):
    return images[:, :, ::4, ::4] if isinstance(model, Mixed) else images


def state(model):
    return {name: value.clone() for name, value in model.state_dict().items()}


def assert_equal(a, b):
    assert a.keys() == b.keys()
    for name in a:
        assert torch.equal(a[name], b[name]), name


def test_the_network_and_the_random_state_are_left_as_they_are(model, images):
    weights, random = state(model), torch.get_rng_state()
    model.train()
    next(model.children()).eval()  # modes may be mixed
    modes = [module.training for module in model.modules()]
    twin = redrawn(model, images_for(model, images), seed=3)
    assert twin is not model
    assert_equal(weights, state(model))
    assert [module.training for module in model.modules()] == modes
    assert torch.equal(torch.get_rng_state(), random)
    assert not any(module.training for module in twin.modules())
    model.eval()


def test_every_weight_is_another(model, images):
    twin = redrawn(model, images_for(model, images), seed=3)
    before, after = dict(model.named_parameters()), dict(twin.named_parameters())
    assert before.keys() == after.keys()
    for name, value in before.items():
        assert not torch.equal(after[name], value), name
        assert after[name].isfinite().all(), name


def test_weights_and_gradients_are_not_shared(model, images):
    twin = redrawn(model, images_for(model, images), seed=3)
    own = {value.data_ptr() for value in model.state_dict().values()}
    assert not own & {value.data_ptr() for value in twin.state_dict().values()}


def test_the_seed_decides(model, images):
    ready = images_for(model, images)
    first, again, other = (redrawn(model, ready, seed=each) for each in (3, 3, 4))
    assert_equal(state(first), state(again))
    assert any(not torch.equal(value, state(other)[name]) for name, value in first.named_parameters())


def test_the_seed_decides_whatever_was_drawn_before(model, images):
    ready = images_for(model, images)
    first = redrawn(model, ready, seed=3)
    with torch.random.fork_rng([]):
        torch.manual_seed(99)
        assert_equal(state(first), state(redrawn(model, ready, seed=3)))


def test_a_network_is_not_its_own_null():
    """Drawn by the seed that the network itself was made with, the twin must still be another."""
    with torch.random.fork_rng([]):
        torch.manual_seed(0)
        model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))
    twin = redrawn(model, torch.zeros(2, 1, 8, 8), seed=0)
    assert not torch.equal(twin[0].weight, model[0].weight)


def test_the_twin_is_where_the_images_are(images):
    """A checkpoint is loaded on the CPU, and the audit's images lie on its device."""
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    twin = redrawn(model, images.to("meta"), seed=0)
    assert {parameter.device.type for parameter in twin.parameters()} == {"meta"}


def test_a_frozen_network_is_drawn_anew_too(model, images):
    ready = images_for(model, images)
    expected = state(redrawn(model, ready, seed=3))
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    try:
        assert_equal(expected, state(redrawn(model, ready, seed=3)))
    finally:
        for parameter in model.parameters():
            parameter.requires_grad_(True)


def test_an_exception_leaves_the_random_state(model):
    random = torch.get_rng_state()
    with pytest.raises(ModelError, match=r"^the network failed on images of \(C, H, W\) = \(7, 5, 5\): RuntimeError: "):
        redrawn(model, torch.zeros(2, 7, 5, 5), seed=3)  # seven channels are too many
    assert torch.equal(torch.get_rng_state(), random)


def test_batch_statistics_are_those_of_the_new_weights_by_hand():
    """A batch-normalisation in front of all: its statistics are the mean and variance of the images themselves."""
    model = nn.Sequential(nn.BatchNorm2d(1), nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2)).eval()
    images = torch.tensor([1.0, 2.0, 3.0, 6.0]).view(2, 1, 1, 2)
    twin = redrawn(model, images, seed=0)
    assert twin[0].running_mean.item() == pytest.approx(3.0)
    assert twin[0].running_var.item() == pytest.approx(14 / 3)  # unbiased, as torch keeps it
    normal = (images - 3) / (3.5 + 1e-5) ** 0.5  # of the batch itself, biased
    after = twin[1](normal)
    assert torch.allclose(twin[2].running_mean, after.mean((0, 2, 3)), atol=1e-6)
    assert torch.allclose(twin[2].running_var, after.var((0, 2, 3)), atol=1e-6)
    assert model[0].running_mean.item() == 0


@pytest.mark.parametrize("count", [1, 2])
def test_batch_statistics_are_finite_for_few_images(model, images, count):
    ready = images_for(model, images)[:count]
    twin = redrawn(model, ready, seed=0)
    assert all(value.isfinite().all() for value in twin.state_dict().values())
    assert twin(ready).isfinite().all()


def test_one_cell_and_one_image_have_no_variance_and_give_no_nan():
    """A normalisation behind global pooling sees one value a channel and image; torch refuses it for one image."""
    model = nn.Sequential(nn.Conv2d(1, 2, 1), nn.AdaptiveAvgPool2d(1), nn.BatchNorm2d(2), nn.Flatten())
    for count in (1, 2):
        images = torch.rand(count, 1, 4, 4, generator=torch.Generator().manual_seed(1))
        assert redrawn(model, images, seed=0)(images).isfinite().all()


def test_weight_norm_is_drawn_anew_too():
    for wrap in (nn.utils.parametrizations.weight_norm, nn.utils.parametrizations.spectral_norm):
        model = nn.Sequential(wrap(nn.Conv2d(1, 4, 3)), nn.AdaptiveAvgPool2d(1), nn.Flatten())
        images = torch.rand(2, 1, 8, 8, generator=torch.Generator().manual_seed(1))
        twin = redrawn(model, images, seed=0)
        assert not torch.allclose(twin[0].weight, model[0].weight)
        assert twin(images).isfinite().all()
