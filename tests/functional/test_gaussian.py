"""Gaussian blurs as matrix products, against scipy."""

from __future__ import annotations

import pytest
import torch
from scipy import ndimage

from saliencekit.functional._gaussian import gaussian, gaussians, kernel_response, radius


def rough(*shape):
    return torch.rand(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def scipy_blur(images, sigma):
    return torch.from_numpy(ndimage.gaussian_filter(images.numpy(), (0, 0, sigma, sigma)))


@pytest.mark.parametrize("sigma", [0.0, 0.1, 0.13, 0.5, 1.0, 2.7, 5.0, 10.0])
@pytest.mark.parametrize("size", [(1, 1), (1, 9), (7, 5), (31, 33), (64, 100), (130, 3)])
def test_exact_blur_equals_scipy(size, sigma):
    images = rough(2, 3, *size)
    torch.testing.assert_close(gaussian(images, sigma), scipy_blur(images, sigma), rtol=0, atol=1e-12)


@pytest.mark.parametrize("size", [(1, 1), (7, 5), (31, 100), (224, 160)])
def test_many_blurs_at_once_equal_scipy_to_what_is_left_out(size):
    images = rough(1, 2, *size)
    sigmas = [0.5, 1.5, 2.2, 2.3, 4.0, 10.0]
    results = list(gaussians(images, sigmas))
    assert len(results) == len(sigmas)
    for sigma, result in zip(sigmas, results, strict=True):
        assert (result - scipy_blur(images, sigma)).abs().max() < 1e-3


def test_many_blurs_in_any_order_and_none():
    images = rough(1, 1, 40, 40)
    forwards, backwards = list(gaussians(images, [1.0, 5.0, 9.0])), list(gaussians(images, [9.0, 5.0, 1.0]))
    for one, other in zip(forwards, reversed(backwards), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-12)
    assert list(gaussians(images, [])) == []


def test_mean_is_kept():
    images = rough(2, 1, 50, 41)
    for result in (gaussian(images, 3.0), *gaussians(images, [0.7, 3.0, 10.0])):
        torch.testing.assert_close(result.mean((-2, -1)), images.mean((-2, -1)), rtol=0, atol=1e-12)


def test_radius_and_response_by_hand():
    assert [radius(sigma) for sigma in (0.0, 0.12, 0.125, 0.37, 0.38, 1.0, 10.0)] == [0, 0, 1, 1, 2, 4, 40]
    frequency = torch.tensor([0.0, 1.0], dtype=torch.float64)
    assert kernel_response(0.0, frequency).tolist() == [1.0, 1.0]
    side = torch.exp(torch.tensor(-0.5 / 0.3**2).double())
    weight = side / (1 + 2 * side)
    expected = torch.stack([torch.ones_like(weight), 1 - 2 * weight + 2 * weight * torch.cos(frequency[1])])
    torch.testing.assert_close(kernel_response(0.3, frequency), expected)


def test_blocks_are_only_a_way_of_computing(monkeypatch):
    from saliencekit.functional import _gaussian

    images = rough(1, 2, 45, 70)
    blocked = gaussian(images, 2.0)
    monkeypatch.setattr(_gaussian, "_BLOCK", 1000)
    torch.testing.assert_close(gaussian(images, 2.0), blocked, rtol=0, atol=1e-14)
