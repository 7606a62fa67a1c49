"""What holds for every extractor, in every mode, and what it says in one sentence when it does not."""

from pathlib import Path

import pytest
import torch
from torch import nn

from saliencekit.errors import InputError, ModelError, UsageError
from saliencekit.extractors import EXTRACTORS, Extractor, GradCAM, ScoreCAM, extractor_class

ROOT = Path(__file__).parents[2]


def test_the_registry():
    words = ["cam", "grad-cam", "grad-cam++", "hires-cam", "layer-cam", "xgrad-cam", "eigen-cam", "score-cam"]
    assert list(EXTRACTORS) == [*words, "attention-rollout"]
    assert all(cls.word == word and issubclass(cls, Extractor) for word, cls in EXTRACTORS.items())
    with pytest.raises(UsageError, match="unknown salience method 'gradcam': expected one of cam, grad-cam"):
        extractor_class("gradcam")


def test_labels_made_in_inference_mode(pair, images):
    extractor, net = pair
    expected = extractor(net)(images, torch.tensor([0, 1, 2, 0]))
    with torch.inference_mode():
        labels = torch.tensor([0, 1, 2, 0])
        extract = extractor(net)
        torch.testing.assert_close(extract(images, labels), expected)
    torch.testing.assert_close(extract(images, "label", labels), expected)  # attention has a kernel for each mode
    assert not extract.target.is_inference()


def test_one_forward_a_call(pair, images):
    extractor, net = pair
    further = 1 if extractor is ScoreCAM else 0  # of 4 images through 8 channels, 32 at a time
    calls = []
    net.register_forward_pre_hook(lambda *_: calls.append(1))
    extract = extractor(net)
    for number in range(1, 4):
        extract(images)
        assert len(calls) == number * (1 + further)
        assert torch.allclose(extract.logits, net(images).detach(), atol=1e-6)
        calls.pop()


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_any_size_and_channels_with_one_extractor(channels, extractor, make_net):
    extract = extractor(make_net(channels=channels))
    for size in ((9, 9), (30, 17), (1, 64), (2, 2)):
        maps = extract(torch.rand(2, channels, *size))
        assert maps.shape == (2, (size[0] + 1) // 2, (size[1] + 1) // 2)
        assert extract.logits.shape == (2, 3)
        assert extract.target.shape == (2,)


def test_float64_stays_float64(pair, images):
    extractor, net = pair
    expected = extractor(net)(images, 1)
    maps = extractor(net.double())(images.double(), 1)
    assert maps.dtype == torch.float64
    torch.testing.assert_close(maps.float(), expected, rtol=1e-4, atol=1e-5)


def test_errors_of_the_caller(extractor, make_net, images):
    net = make_net()
    extract = extractor(net)
    for name in ("layer_name", "logits", "target"):
        with pytest.raises(UsageError, match=f"^this {extractor.__name__} has explained nothing yet"):
            getattr(extract, name)
    with pytest.raises(
        InputError, match=r"^expected `images` of shape \(N, C, H, W\) with N of at least 1, got \(3, 9, 11\)$"
    ):
        extract(images[0])
    with pytest.raises(InputError, match=r"got \(0, 3, 9, 11\)"):
        extract(images[:0])
    with pytest.raises(InputError, match="got list"):
        extract([images])
    with pytest.raises(
        InputError, match=r"^expected `images` of floating point as the model takes them, got torch.uint8"
    ):
        extract(images.to(torch.uint8))
    with pytest.raises(UsageError, match="needs `labels`"):
        extract(images, "label")
    with pytest.raises(InputError, match="expected `target` from 0 to 2, got 3"):
        extract(images, 3)
    with pytest.raises(UsageError, match=r"^expected `model` to be a torch.nn.Module, got function"):
        extractor(lambda x: x)
    with extract, pytest.raises(UsageError, match=f"^this {extractor.__name__} has been entered already"):
        extract.__enter__()
    with extract, pytest.raises(UsageError, match="there is no forward to explain"):
        extract.maps()
    extract(images)


def test_errors_about_the_model(extractor, make_net, images):
    flat = nn.Sequential(nn.Flatten(), nn.Linear(3 * 9 * 11, 2))
    with pytest.raises(ModelError, match=r"^the model has no spatial layer"):
        GradCAM(flat)(images)
    scaled = nn.Sequential(nn.Hardtanh(), nn.Flatten(), nn.Linear(3 * 9 * 11, 2))
    with pytest.raises(ModelError, match=r"^the model has no spatial layer"):
        GradCAM(scaled)(images)
    with pytest.raises(ModelError, match=r"^expected the model to return logits of shape \(N, K\), got \(4, 8, 5, 6\)"):
        extractor(make_net(lambda net, x: x))(images)
    with pytest.raises(ModelError, match=r"^expected the model to return logits of shape \(N, K\), got NoneType$"):
        extractor(make_net(lambda net, x: None))(images)
    with pytest.raises(ModelError, match=r"pass output= one of 0 \(4, 3\), 1 \(4, 8\) to say where its logits are"):
        extractor(make_net(lambda net, x: (net.fc(x.mean((2, 3))), x.mean((2, 3)))))(images)
    with pytest.raises(UsageError, match=r"^the model returns one tensor: drop output=1"):
        extractor(make_net(), output=1)(images)
    with pytest.raises(ModelError, match=r"^expected the model to give logits for 4 images, got 2"):
        extractor(make_net(lambda net, x: net.fc(x[:2].mean((2, 3)))))(images)
    with pytest.raises(ModelError, match=r"^expected layer 'stem' to give maps for 2 images, got 4"):
        extractor(make_net(lambda net, x: net.fc(x[:2].mean((2, 3)))), "stem")(images)


def test_numbers_that_are_none(extractor, make_net, images):
    net = make_net()
    with torch.no_grad():
        net.last.weight.fill_(float("nan"))
    with pytest.raises(ModelError, match=r"^no logits and map of the model are finite numbers"):
        extractor(net)(images)
    mixed = images.clone()
    mixed[1] = float("inf")
    maps = extractor(make_net())(mixed)  # one image is the measures' to count
    assert maps.isfinite().flatten(1).all(1).tolist() == [True, False, True, True]
