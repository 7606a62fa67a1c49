import numpy as np
import pytest
import torch
from skimage.metrics import structural_similarity

from saliencekit.errors import InputError, UsageError
from saliencekit.functional import _ssim
from saliencekit.functional.similarity import pairs, ssim, ssim_pairs, ssim_window


def unit(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def grey(*shape: int, seed: int = 0) -> torch.Tensor:
    return (unit(*shape, seed=seed) * 255).round().to(torch.uint8)


def smooth(n: int, size: int, seed: int = 0) -> torch.Tensor:
    """Blobs as a map resized to image size: nearly flat in most windows, where precision is hardest."""
    coarse = unit(n, 1, 7, 7, seed=seed)
    return torch.nn.functional.interpolate(coarse, (size, size), mode="bilinear")[:, 0]


def expected(a: torch.Tensor, b: torch.Tensor, data_range: float = 1.0, window: int = 7) -> torch.Tensor:
    """scikit-image's own, map by map, in float64."""
    if a.dtype != torch.uint8:
        a, b = a.double(), b.double()
    each = [
        structural_similarity(x.numpy(), y.numpy(), data_range=data_range, win_size=window)
        for x, y in zip(a, b, strict=True)
    ]
    return torch.tensor(each, dtype=torch.float64)


@pytest.mark.parametrize("size", [(7, 7), (8, 8), (7, 12), (14, 9), (28, 28), (56, 56)])
def test_equals_scikit_image(size):
    a, b = unit(6, *size), unit(6, *size, seed=1)
    mixed = 0.7 * a + 0.3 * b
    for other in (b, mixed, 1 - a, a):
        torch.testing.assert_close(ssim(a, other), expected(a, other), rtol=0, atol=1e-12)
        torch.testing.assert_close(ssim(a.float(), other.float()).double(), expected(a, other), rtol=0, atol=1e-6)


@pytest.mark.parametrize("size", [7, 14, 224])
def test_equals_scikit_image_on_8_bits(size):
    a, b = grey(4, size, size), grey(4, size, size, seed=1)
    mixed = (0.8 * a + 0.2 * b).round().to(torch.uint8)
    for other in (b, mixed):
        torch.testing.assert_close(ssim(a, other).double(), expected(a, other, 255), rtol=0, atol=1e-6)


@pytest.mark.parametrize("offset", [0.0, 0.9])
def test_equals_scikit_image_at_image_size_where_maps_are_nearly_flat(offset):
    a, b = (offset + (1 - offset) * smooth(3, 224, seed) for seed in (0, 1))
    torch.testing.assert_close(ssim(a.float(), b.float()).double(), expected(a.float(), b.float()), rtol=0, atol=2e-7)
    close = a + 1e-3 * b
    torch.testing.assert_close(ssim(a.float(), close.float()).double(), expected(a, close), rtol=0, atol=1e-6)


def test_equals_scikit_image_in_every_window():
    a, b = smooth(1, 64)[0].float(), smooth(1, 64, seed=1)[0].float()
    _, full = structural_similarity(a.double().numpy(), b.double().numpy(), data_range=1.0, full=True)
    local = _ssim.local_similarity(_ssim.moments(a, 7), _ssim.moments(b, 7), 7, 1.0)
    np.testing.assert_allclose(local, full[3:-3, 3:-3], atol=1e-12)


@pytest.mark.parametrize("window", [3, 5, 11])
@pytest.mark.parametrize("data_range", [1.0, 2.5, 255.0])
def test_window_and_range_are_those_of_scikit_image(window, data_range):
    a, b = unit(3, 13, 15), unit(3, 13, 15, seed=1)
    result = ssim(a, b, window=window, data_range=data_range)
    torch.testing.assert_close(result, expected(a, b, data_range, window), rtol=0, atol=1e-12)


@pytest.mark.parametrize(("size", "window"), [((6, 6), 5), ((5, 9), 5), ((4, 4), 3), ((3, 3), 3)])
def test_a_map_below_seven_cells_takes_the_largest_odd_window(size, window):
    a, b = unit(3, *size), unit(3, *size, seed=1)
    assert ssim_window(*size) == window
    torch.testing.assert_close(ssim(a, b), expected(a, b, window=window), rtol=0, atol=1e-12)


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (1, 9)])
def test_a_window_of_one_cell_compares_luminance_only(size):
    a, b = unit(3, *size), unit(3, *size, seed=1)
    luminance = (2 * a * b + 1e-4) / (a**2 + b**2 + 1e-4)
    torch.testing.assert_close(ssim(a, b), luminance.mean((1, 2)), rtol=0, atol=1e-12)


def test_by_hand_on_constant_maps():
    result = ssim(torch.full((7, 7), 0.5), torch.full((7, 7), 1.0))
    assert result.item() == pytest.approx((2 * 0.5 + 1e-4) / (0.25 + 1 + 1e-4), abs=1e-7)
    assert ssim(torch.zeros(7, 7), torch.zeros(7, 7)).item() == 1


def test_extremes_and_symmetry():
    a, b = unit(5, 9, 9).float(), unit(5, 9, 9, seed=1).float()
    assert torch.equal(ssim(a, a), torch.ones(5))
    assert (ssim(a, 1 - a) < -0.9).all()
    torch.testing.assert_close(ssim(a, b), ssim(b, a))
    checkers = (torch.arange(49) % 2).reshape(7, 7).float()
    assert ssim(checkers, 1 - checkers).item() == pytest.approx(-0.99, abs=0.01)


def test_flipping_both_changes_nothing():
    a, b = unit(3, 12, 12), unit(3, 12, 12, seed=1)
    torch.testing.assert_close(ssim(a.flip(-1), b.flip(-1)), ssim(a, b))
    torch.testing.assert_close(ssim(a.mT, b.mT), ssim(a, b))


def test_leading_axes_broadcast():
    clean, views = unit(4, 9, 9), unit(12, 4, 9, 9, seed=1)
    result = ssim(views, clean)
    assert result.shape == (12, 4)
    torch.testing.assert_close(result, torch.stack([ssim(view, clean) for view in views]))
    torch.testing.assert_close(ssim(clean[0], views), torch.stack([ssim(clean[:1], view) for view in views]))
    assert ssim(clean[0], clean[1]).shape == ()
    assert ssim(clean[:0], clean[:0]).shape == (0,)


@pytest.mark.parametrize("threads", [1, 3])
def test_blocks_do_not_show(monkeypatch, threads):
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    a, b = unit(5, 100, 100), unit(5, 100, 100, seed=1)  # three maps fill a block of one thread
    alone = torch.cat([ssim(x[None], y[None]) for x, y in zip(a, b, strict=True)])
    torch.testing.assert_close(ssim(a, b), alone)
    torch.testing.assert_close(ssim(a, b[:1]), ssim(a, b[:1].expand_as(a)))
    runs = torch.stack([a, b, 1 - a])
    by_pair = torch.stack([ssim(runs[i], runs[j]) for i, j in pairs(3)])
    torch.testing.assert_close(ssim_pairs(runs), by_pair)


def test_mask_keeps_the_windows_wholly_inside():
    a, b = unit(3, 20, 16), unit(3, 20, 16, seed=1)
    mask = torch.ones(3, 20, 16, dtype=torch.bool)
    mask[0, :, :4] = False
    mask[1, 5:, :] = False
    mask[1, :, 12:] = True
    mask[2, 10, 8] = False
    literal = []
    for x, y, inside in zip(a.numpy(), b.numpy(), mask.numpy(), strict=True):
        _, full = structural_similarity(x, y, data_range=1.0, full=True)
        kept = [full[i, j] for i in range(3, 17) for j in range(3, 13) if inside[i - 3 : i + 4, j - 3 : j + 4].all()]
        literal.append(np.mean(kept) if kept else np.nan)
    assert np.isnan(literal[1])
    np.testing.assert_allclose(ssim(a, b, mask=mask), literal, atol=1e-12)
    np.testing.assert_allclose(ssim(a, b, mask=mask[0])[0], literal[0], atol=1e-12)
    torch.testing.assert_close(ssim(a, b, mask=mask[:, None])[0, 0], ssim(a, b, mask=mask)[0])
    torch.testing.assert_close(ssim(a, b, mask=torch.ones(20, 16, dtype=torch.bool)), ssim(a, b))


def test_what_the_mask_hides_does_not_count():
    a, b = unit(2, 20, 20), unit(2, 20, 20, seed=1)
    mask = torch.ones(20, 20, dtype=torch.bool)
    mask[:, :5] = False
    result = ssim(a, b, mask=mask)
    torch.testing.assert_close(result, ssim(a[..., 5:], b[..., 5:]))
    hidden = a.clone()
    hidden[..., :5] = 77.0
    torch.testing.assert_close(ssim(hidden, b, mask=mask), result)


def test_a_nan_stays_in_its_own_map():
    a = unit(3, 9, 9)
    b = a.clone()
    b[1, 4, 4] = torch.nan
    assert ssim(a, b).isnan().tolist() == [False, True, False]


def test_gradients_are_right():
    a, b = unit(2, 8, 9).requires_grad_(), unit(2, 8, 9, seed=1).requires_grad_()
    assert torch.autograd.gradcheck(ssim, (a, b))


def test_pairs_are_all_and_ordered():
    assert pairs(4).tolist() == [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]]
    assert pairs(10).shape == (45, 2)
    assert pairs(1).shape == (0, 2)
    assert pairs(2).dtype == torch.int64


@pytest.mark.parametrize("maps", [unit(10, 6, 7, 7), unit(4, 3, 9, 11).float(), grey(5, 4, 7, 7), unit(3, 2, 2, 2)])
def test_all_pairs_at_once_equal_one_by_one(maps):
    result = ssim_pairs(maps)
    one_by_one = torch.stack([ssim(maps[i], maps[j]) for i, j in pairs(len(maps))])
    torch.testing.assert_close(result, one_by_one, rtol=0, atol=1e-7)


def test_all_pairs_equal_scikit_image():
    maps = grey(10, 5, 7, 7)
    result = ssim_pairs(maps)
    for row, (i, j) in enumerate(pairs(10).tolist()):
        torch.testing.assert_close(result[row].double(), expected(maps[i], maps[j], 255), rtol=0, atol=1e-6)


def test_few_runs_and_no_images():
    assert ssim_pairs(unit(1, 5, 7, 7)).shape == (0, 5)
    assert ssim_pairs(unit(3, 0, 7, 7)).shape == (3, 0)


def test_dtypes_and_inputs():
    a, b = unit(2, 9, 9), unit(2, 9, 9, seed=1)
    before = a.clone(), b.clone()
    assert ssim(a, b).dtype == ssim(a, b.float()).dtype == torch.float64
    assert ssim(a.half(), b.half()).dtype == ssim(grey(7, 7), grey(7, 7)).dtype == torch.float32
    with torch.autocast("cpu", dtype=torch.bfloat16):
        torch.testing.assert_close(ssim(a.float(), b.float()), expected(a, b).float(), rtol=0, atol=1e-6)
    assert torch.equal(a, before[0])
    assert torch.equal(b, before[1])


def test_no_value_is_waited_for():
    a = torch.empty(3, 9, 9, device="meta")
    mask = torch.ones(9, 9, dtype=torch.bool, device="meta")
    assert ssim(a, a, mask=mask).shape == (3,)
    assert ssim_pairs(torch.empty(4, 3, 7, 7, device="meta")).shape == (6, 3)


def test_moments_are_taken_about_the_mean():
    # for devices without float64: an offset must not eat the variance
    x = unit(1, 9, 9)
    moved = _ssim.moments(x + 1e7, 7)
    torch.testing.assert_close(moved.variance, _ssim.moments(x, 7).variance, rtol=1e-6, atol=0)
    torch.testing.assert_close(moved.mean, _ssim.window_mean(x, 7) + 1e7)


@pytest.mark.parametrize("window", [0, -1, 4])
def test_an_impossible_window_is_refused(window):
    for call in (
        lambda: ssim(unit(7, 7), unit(7, 7), window=window),
        lambda: ssim_pairs(unit(2, 1, 7, 7), window=window),
    ):
        with pytest.raises(UsageError, match=f"expected `window` to be odd and positive, got {window}"):
            call()


@pytest.mark.parametrize("data_range", [0, -1.0, float("nan")])
def test_an_impossible_range_is_refused(data_range):
    with pytest.raises(UsageError, match="expected `data_range` to be positive, got"):
        ssim(unit(7, 7), unit(7, 7), data_range=data_range)


def test_a_range_that_cannot_be_guessed_is_asked_for():
    whole = torch.arange(49).reshape(7, 7)
    with pytest.raises(UsageError, match=r"give `data_range` for maps of torch.int64 and torch.int64"):
        ssim(whole, whole)
    with pytest.raises(UsageError, match=r"give `data_range` for maps of torch.uint8 and torch.float32"):
        ssim(grey(7, 7), unit(7, 7).float())
    assert ssim(whole, whole, data_range=48).item() == 1


def test_other_shapes_are_refused():
    with pytest.raises(InputError, match=r"expected `a` of shape \(\.\.\., h, w\) with at least one cell, got \(7,\)"):
        ssim(torch.zeros(7), torch.zeros(7))
    with pytest.raises(InputError, match=r"of one grid .* got \(2, 7, 7\) and \(2, 8, 8\)"):
        ssim(torch.zeros(2, 7, 7), torch.zeros(2, 8, 8))
    with pytest.raises(InputError, match=r"expected `maps` of shape \(R, N, h, w\), got \(2, 7, 7\)"):
        ssim_pairs(torch.zeros(2, 7, 7))


@pytest.mark.parametrize(
    "mask", [torch.ones(7, 7), torch.ones(1, 7, dtype=torch.bool), torch.ones(3, 7, 7, dtype=torch.bool)]
)
def test_a_mask_that_does_not_fit_is_refused(mask):
    with pytest.raises(InputError, match=r"expected `mask` of bool that matches maps of \(2, 7, 7\)"):
        ssim(torch.zeros(2, 7, 7), torch.zeros(2, 7, 7), mask=mask)
