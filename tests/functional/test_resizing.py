"""Maps at another size: by hand, against Pillow, at their extremes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from saliencekit.errors import InputError, UsageError
from saliencekit.functional.resizing import resize_maps


@pytest.fixture
def maps():
    return torch.rand(3, 20, 31, generator=torch.Generator().manual_seed(0))


def test_by_hand():
    row = torch.tensor([[0.0, 1.0]])
    assert resize_maps(row, (1, 4)).tolist() == [[0.0, 0.25, 0.75, 1.0]]
    assert resize_maps(row, (2, 4), mode="nearest").tolist() == [[0.0, 0.0, 1.0, 1.0]] * 2
    assert resize_maps(torch.tensor([[0.0, 1.0, 2.0]]), (1, 2), mode="nearest").tolist() == [[0.0, 2.0]]
    # Half the size by a triangle of twice the width: weights 3, 3, 1 of 7 where the border cuts it.
    torch.testing.assert_close(resize_maps(torch.tensor([[0.0, 7, 0, 0]]), (1, 2)), torch.tensor([[3.0, 1.0]]))


@pytest.mark.parametrize("size", [(7, 7), (20, 31), (40, 64), (5, 50), (1, 1)])
@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic"])
def test_equals_pillow(maps, size, mode):
    if mode == "bicubic" and (size[0] >= 20 or size[1] >= 31):
        size = (19, 30)  # torch and Pillow take different cubics for growing: a = -0.75 and -0.5
    filters = {
        "nearest": Image.Resampling.NEAREST,
        "bilinear": Image.Resampling.BILINEAR,
        "bicubic": Image.Resampling.BICUBIC,
    }
    expected = np.stack([np.asarray(Image.fromarray(each.numpy()).resize(size[::-1], filters[mode])) for each in maps])
    torch.testing.assert_close(resize_maps(maps, size, mode=mode), torch.from_numpy(expected), rtol=0, atol=2e-6)


def test_growing_bicubic_equals_the_textbook_cubic():
    def cubic(t, a=-0.75):
        t = abs(t)
        near = (a + 2) * t**3 - (a + 3) * t**2 + 1
        far = a * t**3 - 5 * a * t**2 + 8 * a * t - 4 * a
        return near if t <= 1 else far if t < 2 else 0.0

    values = [0.0, 1.0, 0.0, 0.0, 0.5]
    expected = []
    for pixel in range(15):
        place = (pixel + 0.5) / 3 - 0.5
        taps = range(int(np.floor(place)) - 1, int(np.floor(place)) + 3)
        expected.append(sum(cubic(place - tap) * values[min(max(tap, 0), 4)] for tap in taps))
    resized = resize_maps(torch.tensor([values]), (1, 15), mode="bicubic")
    torch.testing.assert_close(resized, torch.tensor([expected]), rtol=0, atol=1e-6)


def test_shrinking_forgets_no_pixel():
    for place in range(32):
        one = torch.zeros(1, 32, 32)
        one[0, place, 31 - place] = 1.0
        assert resize_maps(one, (7, 7)).sum() > 0


@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic"])
def test_flat_one_pixel_single_and_types(maps, mode):
    flat = resize_maps(torch.full((2, 7, 7), 0.25), (30, 3), mode=mode)
    torch.testing.assert_close(flat, torch.full((2, 30, 3), 0.25))
    torch.testing.assert_close(resize_maps(torch.ones(1, 1, 1), (4, 5), mode=mode), torch.ones(1, 4, 5))
    assert torch.equal(resize_maps(maps[1], (9, 40), mode=mode), resize_maps(maps, (9, 40), mode=mode)[1])
    assert resize_maps(torch.ones(2, 2, dtype=torch.uint8), (3, 3), mode=mode).dtype == torch.float32
    assert resize_maps(maps.half(), (3, 3), mode=mode).dtype == torch.float32
    assert resize_maps(maps.double(), (3, 3), mode=mode).dtype == torch.float64


def test_range_is_kept_by_bilinear(maps):
    for size in [(7, 7), (224, 224)]:
        resized = resize_maps(maps, size)
        assert maps.min() <= resized.min()
        assert resized.max() <= maps.max()


@pytest.mark.parametrize("size", [(2, 3), (9, 11)])
@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic"])
def test_gradients(size, mode):
    maps = torch.rand(1, 5, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    assert torch.autograd.gradcheck(lambda x: resize_maps(x, size, mode=mode), maps.requires_grad_())


def test_errors(maps):
    with pytest.raises(InputError, match=r"expected `maps` of shape \(N, h, w\) or \(h, w\), got \(3,\)"):
        resize_maps(torch.zeros(3), (2, 2))
    with pytest.raises(InputError, match=r"expected `size` of two positive numbers, got \(0, 7\)"):
        resize_maps(maps, (0, 7))
    with pytest.raises(InputError, match=r"expected `size` of two positive numbers, got \(7,\)"):
        resize_maps(maps, (7,))
    with pytest.raises(UsageError, match="unknown resize mode 'area': expected one of nearest"):
        resize_maps(maps, (7, 7), mode="area")
