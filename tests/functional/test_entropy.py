import math

import numpy as np
import pytest
import torch
from skimage.measure import shannon_entropy

from saliencekit.errors import InputError, UsageError
from saliencekit.functional.entropy import (
    cam_entropy,
    distribution_entropy,
    effective_area,
    histogram_entropy,
    max_entropy,
)
from saliencekit.functional.normalization import as_distribution, as_unit_range

from .examples import FLAT, maps

FUNCTIONS = [cam_entropy, effective_area, histogram_entropy, distribution_entropy]


def literal(x: torch.Tensor) -> float:
    """Equations 2 and 3 of piland2023droid, cell by cell."""
    x = x.double().numpy()
    unit = (x - x.min()) / (x.max() - x.min())
    p = unit / unit.sum()
    return -sum(value * math.log(value) for value in p.flatten() if value > 0)


def one_hot(h: int, w: int) -> torch.Tensor:
    x = torch.zeros(h, w)
    x[h // 2, w // 2] = 1
    return x


def heavy_tailed(n: int) -> torch.Tensor:
    return (3 * maps(n, 7, 7)).exp()


@pytest.mark.parametrize(("cells", "nats"), [(28, 3.332205), (1, 0.0), (2, 0.693147), (48, 3.871201)])
def test_known_answers(cells, nats):
    x = (torch.arange(49) < cells).float().reshape(7, 7)
    assert cam_entropy(x).item() == pytest.approx(nats, abs=1e-6)
    assert effective_area(x).item() == pytest.approx(cells, rel=1e-6)
    assert effective_area(x, normalized=True).item() == pytest.approx(cells / 49, rel=1e-6)


def test_the_areas_of_the_paper():
    assert math.exp(3.65) == pytest.approx(38.47, abs=5e-3)
    x = maps(7, 7)
    assert effective_area(x).item() == pytest.approx(math.exp(literal(x)), rel=1e-12)


def test_by_hand_on_three_cells():
    # p = 0, 1/3, 2/3 of the raw map -1, 0, 1
    expected = math.log(3) / 3 + 2 * math.log(1.5) / 3
    assert cam_entropy(torch.tensor([[-1.0, 0.0, 1.0]])).item() == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize("x", [maps(20, 7, 7), maps(20, 1, 9), maps(20, 14, 11), heavy_tailed(20), maps(4, 64, 64)])
def test_equals_a_literal_transcription(x):
    expected = torch.tensor([literal(each) for each in x], dtype=torch.float64)
    torch.testing.assert_close(cam_entropy(x), expected, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(cam_entropy(x.float()).double(), expected, rtol=0, atol=1e-6)


def test_agrees_with_the_constants_of_the_authors():
    x = heavy_tailed(20)
    unit = as_unit_range(x)
    p = unit / (unit.sum((1, 2), keepdim=True) + 1e-10)
    torch.testing.assert_close(cam_entropy(x), -(p * (p + 1e-10).log()).sum((1, 2)), rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", FLAT)
def test_an_uninformative_map_has_the_maximum_and_no_gradient(name):
    x = FLAT[name].clone().requires_grad_()
    entropy = cam_entropy(x)
    assert entropy.item() == pytest.approx(math.log(x.numel()), abs=1e-6)
    (gradient,) = torch.autograd.grad(entropy, x)
    assert torch.equal(gradient, torch.zeros_like(x))
    assert effective_area(FLAT[name]).item() == pytest.approx(x.numel(), rel=1e-6)
    assert histogram_entropy(FLAT[name]).item() == 0
    assert histogram_entropy(FLAT[name], normalized=False).item() == 0


def test_one_hot_is_exactly_zero():
    entropy = cam_entropy(one_hot(7, 7))
    assert entropy.item() == 0
    assert math.copysign(1, entropy.item()) == 1


def test_bounds_hold_in_float32():
    x = torch.cat([maps(500, 7, 7), heavy_tailed(500), 1 - 1e-6 * maps(500, 7, 7)]).float()
    assert (cam_entropy(x) >= 0).all()
    assert (cam_entropy(x) <= max_entropy(x)).all()


def test_scale_offset_and_place_do_not_matter():
    x = maps(5, 7, 7)
    for other in (1e-9 * x, 1e9 * x, x + 5, x.flip(1), x.flatten(1)[:, torch.randperm(49)].reshape(5, 7, 7)):
        torch.testing.assert_close(cam_entropy(other), cam_entropy(x), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("x", [maps(3, 3, 4), maps(4, 4), maps(2, 7, 7), maps(1, 2)])
def test_gradients_are_right(x):
    assert torch.autograd.gradcheck(cam_entropy, x.requires_grad_())
    assert torch.autograd.gradgradcheck(cam_entropy, x)


@pytest.mark.parametrize("a", [0.3, 1e-5, 1e-15, 1e-25])
def test_gradient_by_hand(a):
    # u = 0, a, 1: H = ln(1 + a) - a ln a / (1 + a), so that dH/da = -ln a / (1 + a)^2
    x = torch.tensor([[0.0, a, 1.0]], requires_grad=True)
    (gradient,) = torch.autograd.grad(cam_entropy(x), x)
    assert gradient[0, 1].item() == pytest.approx(-math.log(a) / (1 + a) ** 2, rel=1e-6)
    assert gradient.sum().item() == pytest.approx(0, abs=1e-5)  # an offset of the map changes nothing


@pytest.mark.parametrize(
    "x", [one_hot(7, 7), maps(7, 7).relu().float(), torch.tensor([[0.0, 1e-42, 1e-30, 1.0]]), torch.eye(7)]
)
def test_gradient_is_finite_at_exact_zeros(x):
    x.requires_grad_()
    (gradient,) = torch.autograd.grad(cam_entropy(x), x)
    assert gradient.isfinite().all()
    unit = as_unit_range(x.detach()).requires_grad_()
    (naive,) = torch.autograd.grad(torch.special.entr(as_distribution(unit)).sum(), unit)
    assert not naive.isfinite().all()  # why the function exists


def test_gradient_of_a_relu_map_equals_that_of_its_informative_part():
    x = maps(7, 7).relu().requires_grad_()
    (gradient,) = torch.autograd.grad(cam_entropy(x), x)
    step = torch.zeros_like(x)
    step[tuple((x > 0).nonzero()[0])] = 1e-6
    numeric = (cam_entropy(x.detach() + step) - cam_entropy(x.detach() - step)) / 2e-6
    assert (gradient * step).sum().item() / 1e-6 == pytest.approx(numeric.item(), rel=1e-5)


def test_a_flat_neighbour_changes_no_gradient():
    good = maps(7, 7).float()
    batch = torch.stack([good, *(FLAT[name] for name in ("zero", "constant", "a nan", "all nan"))])
    (alone,) = torch.autograd.grad(cam_entropy(good.requires_grad_()), good)
    (among,) = torch.autograd.grad(cam_entropy(batch.requires_grad_()).sum(), batch)
    assert torch.equal(among[0], alone)
    assert (among[1:] == 0).all()


def test_autocast_changes_nothing():
    x = maps(4, 7, 7).float().requires_grad_()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        entropy = cam_entropy(x)
        histogram = histogram_entropy(x)
    assert entropy.dtype == torch.float32
    assert torch.equal(entropy, cam_entropy(x))
    assert torch.equal(histogram, histogram_entropy(x))


def test_distribution_entropy_takes_p_as_it_is():
    p = torch.tensor([[[0.25, 0.75], [0.0, 0.0]], [[1.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]]])
    expected = [-(0.25 * math.log(0.25) + 0.75 * math.log(0.75)), 0.0, math.log(4)]
    assert distribution_entropy(p).tolist() == pytest.approx(expected, abs=1e-7)
    assert distribution_entropy(torch.full((2, 2), torch.nan)).item() == pytest.approx(math.log(4))


def test_distribution_entropy_has_the_right_gradient():
    p = as_distribution(maps(3, 3, 3).exp()).requires_grad_()
    assert torch.autograd.gradcheck(distribution_entropy, p)
    assert torch.autograd.gradgradcheck(distribution_entropy, p)
    empty = torch.zeros(3, 3, requires_grad=True)
    assert torch.equal(torch.autograd.grad(distribution_entropy(empty), empty)[0], torch.zeros(3, 3))


def test_maximum():
    assert max_entropy(torch.zeros(5, 7, 7)) == pytest.approx(3.891820, abs=1e-6)
    assert max_entropy(torch.zeros(8, 6)) == math.log(48)
    assert max_entropy(torch.zeros(1, 1)) == 0


def test_histogram_known_answers():
    assert histogram_entropy(one_hot(7, 7), normalized=False).item() == pytest.approx(0.1437, abs=5e-5)
    distinct = torch.arange(49.0).reshape(7, 7)
    assert histogram_entropy(distinct, normalized=False).item() == pytest.approx(5.6147, abs=5e-5)
    assert histogram_entropy(distinct).item() == pytest.approx(1, abs=1e-6)
    assert histogram_entropy(distinct).item() <= 1
    assert histogram_entropy(torch.arange(256.0).reshape(16, 16), normalized=False).item() == pytest.approx(8)


@pytest.mark.parametrize("shape", [(6, 7, 7), (6, 5, 3), (3, 64, 48)])
def test_histogram_equals_scikit_image(shape):
    for x, tolerance in ((maps(*shape), 1e-12), (maps(*shape).float(), 1e-6)):
        grey = np.rint(as_unit_range(x).numpy() * 255).astype(np.uint8)
        expected = np.array([shannon_entropy(each) for each in grey])
        np.testing.assert_allclose(histogram_entropy(x, normalized=False), expected, atol=tolerance)
        largest = math.log2(min(shape[1] * shape[2], 256))
        np.testing.assert_allclose(histogram_entropy(x), expected / largest, atol=tolerance)
        np.testing.assert_allclose(histogram_entropy(torch.from_numpy(grey)), expected / largest, atol=1e-6)


def test_histogram_of_raw_grey_values_equals_scikit_image():
    grey = np.random.default_rng(0).integers(40, 90, (5, 9, 9), dtype=np.uint8)
    expected = [shannon_entropy(each) for each in grey]
    np.testing.assert_allclose(histogram_entropy(torch.from_numpy(grey), normalized=False), expected, atol=1e-6)


def test_as_many_levels_as_cells_is_exactly_the_most():
    for cells in range(2, 257):
        assert histogram_entropy(torch.arange(cells, dtype=torch.uint8)[None]).item() <= 1


def test_uint8_maps_are_not_stretched():
    x = torch.tensor([[10, 10], [11, 12]], dtype=torch.uint8)
    assert histogram_entropy(x, normalized=False).item() == pytest.approx(1.5)
    assert histogram_entropy(x, bits=7, normalized=False).item() == pytest.approx(0.811278, abs=1e-6)
    assert histogram_entropy(x, bits=1, normalized=False).item() == 0


def test_fewer_bits_lower_the_maximum():
    x = torch.arange(49.0).reshape(7, 7)
    assert histogram_entropy(x, bits=1, normalized=False).item() == pytest.approx(1, abs=1e-3)
    assert histogram_entropy(x, bits=1).item() == pytest.approx(1, abs=1e-3)
    assert histogram_entropy(x, bits=2, normalized=False).item() <= 2


def test_the_two_entropies_are_different_things():
    flat, peak = torch.ones(7, 7), one_hot(7, 7)
    assert cam_entropy(flat) > cam_entropy(peak)
    assert histogram_entropy(flat) < histogram_entropy(peak)


def test_impossible_bits_are_refused():
    for x in (torch.zeros(7, 7), torch.zeros(7, 7, dtype=torch.uint8)):
        with pytest.raises(UsageError, match="expected `bits` from 1 to 8, got 16"):
            histogram_entropy(x, bits=16)


@pytest.mark.parametrize("function", FUNCTIONS)
class TestEvery:
    def test_one_map_equals_a_batch_of_one(self, function):
        x = as_unit_range(maps(7, 5))
        assert function(x).shape == ()
        assert torch.equal(function(x), function(x[None])[0])

    def test_order_and_size_of_the_batch_do_not_matter(self, function):
        x = as_unit_range(maps(6, 7, 7).float())
        assert torch.equal(function(x.flip(0)), function(x).flip(0))
        assert torch.equal(torch.cat([function(each[None]) for each in x]), function(x))

    def test_inputs_are_not_written_to(self, function):
        x = torch.stack([FLAT["zero"], FLAT["constant"], FLAT["a nan"], maps(7, 7).float()])
        before = x.clone()
        function(x)
        torch.testing.assert_close(x, before, rtol=0, atol=0, equal_nan=True)

    def test_no_value_is_waited_for(self, function):
        assert function(torch.empty(3, 7, 7, device="meta")).device.type == "meta"

    def test_dtypes(self, function):
        x = as_unit_range(maps(3, 7, 7)).half()
        assert function(x).dtype == torch.float32
        assert torch.equal(function(x), function(x.float()))
        assert function(x.double()).dtype == torch.float64

    def test_inference_mode_and_no_grad(self, function):
        x = maps(2, 7, 7).square()
        with torch.inference_mode():
            inside = function(x)
        assert torch.equal(inside.clone(), function(x))

    def test_an_empty_batch_stays_empty(self, function):
        assert function(torch.zeros(0, 7, 7)).shape == (0,)

    def test_other_shapes_are_refused(self, function):
        with pytest.raises(InputError, match=r"of shape \(N, h, w\) or \(h, w\), got \(2, 3, 7, 7\)"):
            function(torch.zeros(2, 3, 7, 7))
