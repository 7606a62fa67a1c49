import numpy as np
import pytest
import torch
from torchvision.transforms.v2.functional import normalize

from saliencekit.errors import InputError
from saliencekit.preprocessing import Preprocessing
from saliencekit.showing.pictures import LARGEST_SIDE, as_pictures, denormalized, stretched, within_unit


def pixels(*shape, seed=0):
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_bytes_are_shown_as_they_are(channels):
    images = pixels(2, channels, 5, 7)
    shown = as_pictures(images)
    assert (shown.shape, shown.dtype) == ((2, 5, 7, 3), np.uint8)
    expected = images.expand(-1, 3, -1, -1) if channels == 1 else images[:, :3]
    np.testing.assert_array_equal(shown, expected.permute(0, 2, 3, 1))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_floats_of_any_width(dtype):
    images = pixels(1, 3, 4, 4)
    difference = as_pictures((images.double() / 255).to(dtype)).astype(int) - as_pictures(images).astype(int)
    assert abs(difference).max() <= (1 if dtype == torch.bfloat16 else 0)


def test_normalisation_is_undone():
    """Against torchvision's own normalisation, there and back to the byte."""
    images, preprocessing = pixels(2, 3, 6, 6), Preprocessing()
    normalised = normalize(images.float() / 255, preprocessing.mean, preprocessing.std)
    np.testing.assert_array_equal(as_pictures(normalised, preprocessing), as_pictures(images))
    torch.testing.assert_close(denormalized(normalised, preprocessing), images.float() / 255)


def test_large_images_are_made_smaller_and_nothing_is_written_into():
    images = torch.zeros(1, 1, 600, 2 * LARGEST_SIDE)
    images[..., LARGEST_SIDE:] = 1
    before = images.clone()
    shown = as_pictures(images)
    assert shown.shape == (1, 300, LARGEST_SIDE, 3)
    assert (shown[0, 150, [0, -1], 0] == [0, 255]).all()
    assert torch.equal(images, before)


def test_rounding_beyond_the_ends_is_cut():
    assert as_pictures(torch.tensor([-1e-4, 1 + 1e-4]).view(1, 1, 1, 2))[0, 0, :, 0].tolist() == [0, 255]
    assert as_pictures(torch.full((1, 3, 1, 1), 99.0), Preprocessing())[0, 0, 0].tolist() == [255] * 3


def test_stretched_and_within():
    images = torch.tensor([-2.0, 0.0, 2.0]).view(1, 1, 1, 3)
    assert not within_unit(images)
    assert stretched(images).flatten().tolist() == [0.0, 0.5, 1.0]
    assert within_unit(stretched(torch.tensor([torch.nan, torch.inf, 3.0]).view(1, 1, 1, 3)))
    assert stretched(torch.full((1, 1, 1, 2), 7.0)).flatten().tolist() == [0.0, 0.0]
    assert not within_unit(torch.tensor([[torch.nan]]))


@pytest.mark.parametrize(
    ("images", "preprocessing", "message"),
    [
        ("a.png", None, r"expected `images` of shape \(N, C, H, W\), got no tensor but str"),
        (torch.zeros(3, 8, 8), None, r"got \(3, 8, 8\): give a single image as images\[None\]"),
        (torch.zeros(2, 2, 8, 8), None, r"with 1, 3 or 4 channels and at least one image, got \(2, 2, 8, 8\)"),
        (torch.zeros(0, 3, 8, 8), None, "at least one image"),
        (torch.zeros(1, 3, 8, 8, dtype=torch.int64), None, "expected `images` as uint8 or float, got torch.int64"),
        (torch.full((1, 3, 2, 2), 2.5), None, "from 2.5 to 2.5: say with `preprocessing` how they were normalised"),
        (torch.full((1, 3, 2, 2), torch.nan), None, "finite numbers, got NaN"),
        (torch.full((1, 3, 2, 2), torch.inf), Preprocessing(), "finite numbers"),
        (torch.zeros(1, 1, 2, 2), Preprocessing(), "`images` of 3 channels, as `preprocessing` has, got 1"),
        (torch.zeros(1, 3, 2, 2, dtype=torch.uint8), Preprocessing(), "got uint8: leave `preprocessing` out"),
    ],
)
def test_bad_input(images, preprocessing, message):
    with pytest.raises(InputError, match=message):
        as_pictures(images, preprocessing)
