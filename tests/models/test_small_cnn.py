import pytest
import torch
from torch import nn

from saliencekit import errors
from saliencekit.models import SmallCNN
from saliencekit.models.small_cnn import small_cnn_preprocessing


def test_maps_of_56_pixels_are_7x7() -> None:
    model = SmallCNN(num_classes=3, in_channels=3, width=4).eval()
    images = torch.rand(2, 3, 56, 56)
    assert model.features(images).shape == (2, 32, 7, 7)
    assert model(images).shape == (2, 3)


def test_the_head_reads_the_mean_of_the_features() -> None:
    model = SmallCNN(width=2).eval()
    images = torch.rand(2, 1, 40, 64)
    by_hand = model.features(images).mean((2, 3)) @ model.head.weight.T + model.head.bias
    torch.testing.assert_close(model(images), by_hand)


def test_one_logit_and_smallest_image() -> None:
    assert SmallCNN(num_classes=1).eval()(torch.zeros(1, 1, 8, 8)).shape == (1, 1)


def test_nothing_is_done_in_place() -> None:
    assert not any(module.inplace for module in SmallCNN().modules() if isinstance(module, nn.ReLU))


@pytest.mark.parametrize("name", ["num_classes", "in_channels", "width"])
def test_sizes_below_one_are_refused(name: str) -> None:
    with pytest.raises(errors.InputError, match=f"expected `{name}` of at least 1, got 0"):
        SmallCNN(**{name: 0})


def test_preprocessing_brings_pixels_to_minus_one_to_one() -> None:
    wanted = small_cnn_preprocessing()
    assert (wanted.size, wanted.channels, wanted.mean, wanted.std) == ((56, 56), 1, (0.5,), (0.5,))


def test_learns_two_textures_in_a_few_steps() -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = SmallCNN(width=4)
        labels = torch.arange(32) % 2
        stripes = torch.arange(56).view(1, 1, 1, 56) % 2 * 1.0
        images = torch.rand(32, 1, 56, 56) + labels.view(-1, 1, 1, 1) * stripes
        optimizer = torch.optim.Adam(model.parameters(), 1e-2)
        for _ in range(15):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(images), labels).backward()
            optimizer.step()
        with torch.no_grad():
            assert (model(images).argmax(1) == labels).all()
