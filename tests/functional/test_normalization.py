import numpy as np
import pytest
import torch

from saliencekit.errors import InputError, UsageError
from saliencekit.functional.normalization import as_distribution, as_unit_range, is_degenerate, quantize

from .examples import FLAT, maps

FUNCTIONS = [as_unit_range, as_distribution, is_degenerate, quantize]


def test_unit_range_by_hand():
    result = as_unit_range(torch.tensor([[-1.0, 0.0, 3.0]]))
    assert result.tolist() == [[0.0, 0.25, 1.0]]


def test_unit_range_is_exact_at_both_ends():
    result = as_unit_range(maps(100, 7, 7).float())
    assert (result.amin((1, 2)) == 0).all()
    assert (result.amax((1, 2)) == 1).all()


def test_unit_range_equals_the_formula_in_float64():
    x = maps(5, 7, 9)
    low, high = x.numpy().min((1, 2), keepdims=True), x.numpy().max((1, 2), keepdims=True)
    np.testing.assert_allclose(as_unit_range(x), (x.numpy() - low) / (high - low), rtol=1e-15)
    np.testing.assert_allclose(as_unit_range(x.float()), (x.numpy() - low) / (high - low), atol=2e-7)


def test_unit_range_knows_no_scale_and_no_offset():
    x = maps(4, 7, 7)
    torch.testing.assert_close(as_unit_range(1e-20 * x), as_unit_range(x))
    torch.testing.assert_close(as_unit_range(1e20 * x), as_unit_range(x))
    torch.testing.assert_close(as_unit_range(x + 10), as_unit_range(x))
    torch.testing.assert_close(as_unit_range(-x), 1 - as_unit_range(x))
    assert torch.equal(as_unit_range(as_unit_range(x)), as_unit_range(x))


@pytest.mark.parametrize("name", FLAT)
def test_a_map_without_a_range_is_zeros_and_named(name):
    x = FLAT[name].clone().requires_grad_()
    assert is_degenerate(x).item() is True
    result = as_unit_range(x)
    assert torch.equal(result, torch.zeros_like(x))
    (gradient,) = torch.autograd.grad(result.sum() + result.square().sum(), x)
    assert torch.equal(gradient, torch.zeros_like(x))
    assert torch.equal(quantize(x), torch.zeros_like(x, dtype=torch.uint8))


def test_a_flat_neighbour_changes_nothing():
    good = maps(2, 7, 7).float()
    batch = torch.stack([good[0], FLAT["all nan"], good[1], FLAT["constant"]]).requires_grad_()
    assert is_degenerate(batch).tolist() == [False, True, False, True]
    assert torch.equal(as_unit_range(batch)[[0, 2]], as_unit_range(good))
    (gradient,) = torch.autograd.grad(as_unit_range(batch).square().sum(), batch)
    assert gradient.isfinite().all()
    assert (gradient[[0, 2]] != 0).any((1, 2)).all()
    assert (gradient[[1, 3]] == 0).all()


def test_a_range_of_one_step_is_a_range():
    x = torch.full((3, 3), 0.1)
    x[1, 1] = torch.nextafter(x[1, 1], torch.tensor(1.0))
    assert not is_degenerate(x)
    assert as_unit_range(x).sum() == 1


def test_gradient_flows_through_minimum_and_maximum():
    x = torch.tensor([[0.0, 1.0, 4.0]], requires_grad=True)
    (gradient,) = torch.autograd.grad(as_unit_range(x)[0, 1], x)
    # u = (m - lo) / (hi - lo) at m = 1, lo = 0, hi = 4
    torch.testing.assert_close(gradient, torch.tensor([[-3 / 16, 1 / 4, -1 / 16]]))


@pytest.mark.parametrize("function", [as_unit_range, as_distribution])
@pytest.mark.parametrize("shape", [(3, 2, 4), (3, 3)])
def test_gradients_are_right(function, shape):
    x = maps(*shape).exp().requires_grad_()
    assert torch.autograd.gradcheck(function, x)
    assert torch.autograd.gradgradcheck(function, x)


def test_distribution_by_hand():
    assert as_distribution(torch.tensor([[1.0, 0.0], [2.0, 5.0]])).tolist() == [[0.125, 0.0], [0.25, 0.625]]


def test_distribution_sums_to_one():
    x = maps(50, 7, 7).square().float()
    torch.testing.assert_close(as_distribution(x).sum((1, 2)), torch.ones(50))
    torch.testing.assert_close(as_distribution(1e25 * x), as_distribution(x))


@pytest.mark.parametrize("name", ["zero", "a nan", "an infinity", "minus infinity", "all nan"])
def test_no_distribution_is_zeros_without_gradient(name):
    x = FLAT[name].clone().requires_grad_()
    result = as_distribution(x)
    assert torch.equal(result, torch.zeros_like(x))
    (gradient,) = torch.autograd.grad(result.square().sum(), x)
    assert torch.equal(gradient, torch.zeros_like(x))


def test_a_constant_is_the_even_distribution():
    assert torch.equal(as_distribution(torch.full((4, 4), 3.0)), torch.full((4, 4), 1 / 16))


def test_quantize_rounds_halves_to_even():
    x = torch.tensor([[0.0, 0.5, 1.0]])
    assert quantize(x, bits=1).tolist() == [[0, 0, 1]]
    assert quantize(x, bits=2).tolist() == [[0, 2, 3]]
    assert quantize(x).tolist() == [[0, 128, 255]]


def test_quantize_equals_numpy():
    x = maps(9, 7, 7)
    unit = as_unit_range(x).numpy()
    np.testing.assert_array_equal(quantize(x), np.rint(unit * 255).astype(np.uint8))


def test_quantize_takes_every_level():
    assert quantize(torch.arange(256.0).reshape(16, 16)).flatten().tolist() == list(range(256))


@pytest.mark.parametrize("bits", [0, 9, -1])
def test_impossible_bits_are_refused(bits):
    with pytest.raises(UsageError, match=f"expected `bits` from 1 to 8, got {bits}"):
        quantize(torch.zeros(7, 7), bits=bits)


@pytest.mark.parametrize("function", FUNCTIONS)
class TestEvery:
    def test_one_map_equals_a_batch_of_one(self, function):
        x = maps(7, 5).square()
        assert torch.equal(function(x), function(x[None])[0])

    def test_order_and_size_of_the_batch_do_not_matter(self, function):
        x = maps(6, 7, 7).square().float()
        assert torch.equal(function(x.flip(0)), function(x).flip(0))
        assert torch.equal(torch.cat([function(each[None]) for each in x]), function(x))

    def test_inputs_are_not_written_to(self, function):
        x = torch.stack([FLAT["zero"], FLAT["constant"], FLAT["a nan"], maps(7, 7).float()])
        before = x.clone()
        function(x)
        torch.testing.assert_close(x, before, rtol=0, atol=0, equal_nan=True)

    def test_no_value_is_waited_for(self, function):
        assert function(torch.empty(3, 7, 7, device="meta")).device.type == "meta"

    def test_narrow_dtypes_are_computed_in_float32(self, function):
        x = maps(3, 7, 7).square().half()
        assert torch.equal(function(x), function(x.float()))
        assert function(x.double()).dtype in (torch.float64, torch.bool, torch.uint8)

    def test_whole_numbers_are_maps_too(self, function):
        x = torch.arange(49, dtype=torch.uint8).reshape(7, 7)
        assert torch.equal(function(x), function(x.float()))

    def test_memory_layout_does_not_matter(self, function):
        x = maps(3, 7, 5).square()
        torch.testing.assert_close(function(x.mT), function(x.mT.contiguous()))

    def test_an_empty_batch_stays_empty(self, function):
        assert len(function(torch.zeros(0, 7, 7))) == 0

    def test_other_shapes_are_refused(self, function):
        with pytest.raises(InputError, match=r"expected `maps` of shape \(N, h, w\) or \(h, w\), got \(3,\)"):
            function(torch.zeros(3))
