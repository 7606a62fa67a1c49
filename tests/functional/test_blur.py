"""The guided blur: exact against a literal transcription with scipy, fast against the exact on photographs."""

from __future__ import annotations

import numpy as np
import pytest
import skimage.data
import skimage.transform
import torch
import torch.nn.functional as F
from scipy import ndimage

from saliencekit.errors import InputError
from saliencekit.functional import _gaussian, blur
from saliencekit.functional.blur import BLUR_LEVELS, blur_sigma, guided_blur

PHOTOGRAPHS = ["astronaut", "chelsea", "coffee", "rocket", "retina", "hubble_deep_field", "page", "gravel"]


def literal_sigma(guide):
    """METHODS 6, one image, as it is written."""
    g = ndimage.gaussian_filter(guide, 5)
    u = np.round(g * 10 / g.max(), 1)
    return (10 - u) ** 4 / 10**3


def literal_blur(image, guide):
    """The Gaussian of every width that occurs, at the pixels where it does: image (C, H, W), guide (H, W)."""
    sigma = literal_sigma(guide)
    result = np.empty_like(image)
    for width in np.unique(sigma):
        blurred = ndimage.gaussian_filter(image, (0, width, width))
        result = np.where(sigma == width, blurred, result)
    return result


def literal_blurs(images, guide):
    pairs = zip(images.double().numpy(), guide.double().numpy(), strict=True)
    return torch.from_numpy(np.stack([literal_blur(*pair) for pair in pairs]))


def rough(*shape, seed=0):
    return torch.rand(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def guides(n, height, width):
    """Maps of 7x7 cells, upscaled and quantised as the authors do; from a broad one to a narrow one."""
    cells = rough(n, 1, 7, 7, seed=1) ** torch.linspace(0.3, 6, n).view(-1, 1, 1, 1)
    maps = F.interpolate(cells, (height, width), mode="bicubic", align_corners=False)[:, 0].clamp(min=0)
    return (maps / maps.amax((1, 2), keepdim=True) * 255).round().to(torch.uint8)


def photograph(name, size=224):
    pixels = np.atleast_3d(getattr(skimage.data, name)() / 255)
    side = min(pixels.shape[:2])
    square = skimage.transform.resize(pixels[:side, :side, :3], (size, size), anti_aliasing=True)
    return torch.from_numpy(square).permute(2, 0, 1).expand(3, -1, -1)


@pytest.mark.parametrize("size", [(1, 1), (9, 7), (40, 56), (96, 80)])
def test_exact_equals_the_literal_form(size):
    images, guide = rough(3, 2, *size), guides(3, *size)
    torch.testing.assert_close(guided_blur(images, guide), literal_blurs(images, guide), rtol=0, atol=1e-12)


@pytest.mark.real
def test_exact_equals_the_literal_form_on_a_photograph():
    images, guide = photograph("astronaut")[None], guides(2, 224, 224)[1:]
    expected = literal_blurs(images, guide)
    torch.testing.assert_close(guided_blur(images, guide), expected, rtol=0, atol=1e-12)
    # In float32 a pixel in a million rounds to the neighbouring width.
    difference = (guided_blur(images.float(), guide) - expected).abs()
    assert difference.max() < 0.01
    assert (difference > 1e-5).double().mean() < 1e-4


def test_sigma_equals_the_literal_form_and_takes_its_whole_range():
    guide = guides(4, 60, 90)
    expected = np.stack([literal_sigma(each) for each in guide.double().numpy()])
    torch.testing.assert_close(blur_sigma(guide.double()), torch.from_numpy(expected), rtol=0, atol=1e-12)
    torch.testing.assert_close(blur_sigma(guide[1].double()), torch.from_numpy(expected[1]), rtol=0, atol=1e-12)
    spot = torch.zeros(200, 200)
    spot[0, 0] = 1.0
    assert (blur_sigma(spot).min(), blur_sigma(spot).max()) == (0.0, 10.0)
    assert blur_sigma(spot)[0, 0] == 0.0
    assert len(torch.tensor(blur._SIGMAS).unique()) == 101


@pytest.mark.real
@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_fast_keeps_its_stated_tolerance_on_photographs(name):
    image = photograph(name).float()
    guide = guides(4, 224, 224)
    images = image.expand(4, -1, -1, -1)
    exact = guided_blur(images, guide)
    error = (guided_blur(images, guide, levels=BLUR_LEVELS) - exact).abs()
    assert error.max() <= 0.0070
    assert error.mean() <= 0.0002
    assert (exact - images).abs().max() > 0.1  # there was something to get wrong
    assert (guided_blur(images, guide, levels=6) - exact).abs().max() <= 0.024
    assert (guided_blur(images, guide, levels=10) - exact).abs().max() <= 0.0024


@pytest.mark.real
def test_fast_keeps_its_stated_tolerance_at_every_width():
    images = torch.stack([photograph("astronaut"), photograph("coffee")]).float()
    sigmas, weights = blur._blend(BLUR_LEVELS)
    ladder = [images, *_gaussian.gaussians(images, sigmas)]
    errors = []
    for step in range(0, 101, 5):
        exact = _gaussian.gaussian(images, blur._SIGMAS[step])
        blend = sum(weight * level for weight, level in zip(weights[step].tolist(), ladder, strict=True))
        errors.append((blend - exact).abs())
    assert max(error.max() for error in errors) <= 0.0070
    assert max(error.mean() for error in errors) <= 0.001


@pytest.mark.parametrize("levels", [3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
def test_blend_weights_sum_to_one_stay_moderate_and_leave_the_sharp_sharp(levels):
    sigmas, weights = blur._blend(levels)
    assert len(sigmas) == levels - 1
    assert sigmas[-1] == 10.0
    assert weights.shape == (101, levels)
    torch.testing.assert_close(weights.sum(1), torch.ones(101, dtype=torch.float64))
    assert weights.abs().max() < 3
    assert torch.equal(weights[67:], torch.eye(levels, dtype=torch.float64)[0].expand(34, -1))
    assert weights[0, -1] == pytest.approx(1.0, abs=1e-6)  # the widest blur is computed itself


def test_more_levels_are_closer():
    images, guide = rough(2, 3, 64, 64), guides(2, 64, 64)
    exact = guided_blur(images, guide)
    errors = [(guided_blur(images, guide, levels=levels) - exact).abs().mean() for levels in (3, 5, 8, 12)]
    assert errors == sorted(errors, reverse=True)
    assert errors[2] < 0.001


FORMS = pytest.mark.parametrize("levels", [None, BLUR_LEVELS])


@FORMS
def test_flat_guides(levels):
    images = rough(2, 3, 50, 60)
    ones, zeros = torch.ones(2, 50, 60), torch.zeros(2, 50, 60)
    assert torch.equal(guided_blur(images, ones, levels=levels), images)
    assert torch.equal(guided_blur(images, 255 * ones, levels=levels), images)
    widest = torch.from_numpy(ndimage.gaussian_filter(images.numpy(), (0, 0, 10, 10)))
    torch.testing.assert_close(guided_blur(images, zeros, levels=levels), widest, rtol=0, atol=2e-3)
    for value in (torch.nan, torch.inf):
        broken = ones.clone()
        broken[0, 3, 4] = value
        result = guided_blur(images, broken, levels=levels)
        torch.testing.assert_close(result[0], widest[0], rtol=0, atol=2e-3)
        assert torch.equal(result[1], images[1])


@FORMS
def test_flat_images_stay_flat(levels):
    images = torch.full((2, 3, 40, 40), 0.7)
    blurred = guided_blur(images, guides(2, 40, 40), levels=levels)
    torch.testing.assert_close(blurred, images, rtol=0, atol=2e-6)


@FORMS
def test_one_pixel_of_one_image(levels):
    images = torch.full((1, 1, 1, 1), 0.3)
    for value in (0.0, 1.0):
        blurred = guided_blur(images, torch.full((1, 1, 1), value), levels=levels)
        torch.testing.assert_close(blurred, images)


@FORMS
def test_salient_pixels_are_returned_as_they_are_and_the_others_blurred(levels):
    images, guide = rough(1, 3, 80, 80), torch.zeros(1, 80, 80)
    guide[:, :, 40:] = 1.0
    blurred = guided_blur(images, guide, levels=levels)
    sharp = (blur_sigma(guide) < 1 / 8)[:, None].expand_as(images)
    assert torch.equal(blurred[sharp], images[sharp])
    assert 0.4 < sharp.double().mean() < 0.55
    assert blurred[..., :20].std() < 0.05 < images[..., :20].std()
    complement = guided_blur(images, 1 - guide, levels=levels)
    assert complement[..., 60:].std() < 0.05


@FORMS
def test_scale_of_the_guide_does_not_matter(levels):
    images, guide = rough(2, 1, 48, 48), guides(2, 48, 48)
    base = guided_blur(images, guide, levels=levels)
    assert torch.equal(guided_blur(images, guide.double() * 4, levels=levels), base)
    torch.testing.assert_close(guided_blur(images, guide.double() / 255, levels=levels), base, rtol=0, atol=1e-2)


@FORMS
def test_batch_of_n_is_n_batches_of_one_and_inputs_stay(levels):
    images, guide = rough(3, 4, 33, 47), guides(3, 33, 47)
    before = images.clone(), guide.clone()
    whole = guided_blur(images, guide, levels=levels)
    alone = [guided_blur(images[i : i + 1], guide[i : i + 1], levels=levels) for i in range(3)]
    torch.testing.assert_close(whole, torch.cat(alone), rtol=0, atol=1e-12)
    channels = [guided_blur(images[:, i : i + 1], guide, levels=levels) for i in range(4)]
    torch.testing.assert_close(whole, torch.cat(channels, 1), rtol=0, atol=1e-12)
    whole.zero_()
    assert torch.equal(images, before[0])
    assert torch.equal(guide, before[1])


@FORMS
def test_types_and_autocast(levels):
    images, guide = rough(1, 3, 30, 30), guides(1, 30, 30)
    single = guided_blur(images.float(), guide, levels=levels)
    assert single.dtype == torch.float32
    assert guided_blur(images, guide, levels=levels).dtype == torch.float64
    assert guided_blur(images.half(), guide, levels=levels).dtype == torch.float32
    assert guided_blur((images * 255).to(torch.uint8), guide, levels=levels).dtype == torch.float32
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(guided_blur(images.float(), guide, levels=levels), single)


@FORMS
def test_gradients_also_after_a_call_in_inference_mode(levels):
    images, guide = rough(1, 1, 5, 6), torch.eye(6)[None, :5]
    for cached in (_gaussian._matrix, _gaussian._cosines, _gaussian._factors, blur._blend):
        cached.cache_clear()
    with torch.inference_mode():
        guided_blur(images, guide, levels=levels)
    assert torch.autograd.gradcheck(lambda x: guided_blur(x, guide, levels=levels), images.requires_grad_())


@FORMS
def test_no_image(levels):
    assert guided_blur(torch.zeros(0, 3, 8, 8), torch.zeros(0, 8, 8), levels=levels).shape == (0, 3, 8, 8)


def test_errors():
    images, guide = torch.zeros(2, 3, 8, 8), torch.zeros(2, 8, 8)
    with pytest.raises(InputError, match=r"expected `images` of shape \(N, C, H, W\), got \(3, 8, 8\)"):
        guided_blur(images[0], guide)
    with pytest.raises(InputError, match=r"expected `guide` of shape \(N, H, W\), got \(8, 8\)"):
        guided_blur(images, guide[0])
    for wrong in (guide[:1], guide[:, :7], torch.zeros(2, 7, 7)):
        with pytest.raises(InputError, match=r"expected `guide` of shape \(N, H, W\) = \(2, 8, 8\) like the im"):
            guided_blur(images, wrong)
    for levels in (0, 2, 13, -1):
        with pytest.raises(InputError, match=r"expected `levels` in 3 \.\.\. 12 or None, got"):
            guided_blur(images, guide, levels=levels)
    with pytest.raises(InputError, match=r"expected `guide` of shape \(N, h, w\) or \(h, w\), got \(3,\)"):
        blur_sigma(torch.zeros(3))
