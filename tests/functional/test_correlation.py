import numpy as np
import pytest
import torch
from scipy import stats

from saliencekit.errors import InputError, UsageError
from saliencekit.functional.correlation import iou_top, pearson, ranks, spearman

from .examples import FLAT, maps

FUNCTIONS = [pearson, spearman, iou_top]
SCIPY = {pearson: stats.pearsonr, spearman: stats.spearmanr}


def tied(*shape: int, seed: int = 0) -> torch.Tensor:
    return (3 * maps(*shape, seed=seed)).round()


@pytest.mark.parametrize("function", SCIPY)
@pytest.mark.parametrize("draw", [maps, tied])
@pytest.mark.parametrize("size", [(7, 7), (1, 2), (3, 11), (60, 60)])
def test_equals_scipy(function, draw, size):
    a, b = draw(5, *size), draw(5, *size, seed=3)
    a[:, 0, :2], b[:, 0, :2] = torch.tensor([0.0, 9.0]), torch.tensor([9.0, 0.0])
    expected = [SCIPY[function](x.flatten(), y.flatten()).statistic for x, y in zip(a, b, strict=True)]
    np.testing.assert_allclose(function(a, b), expected, atol=1e-12)
    np.testing.assert_allclose(function(a.float(), b.float()), expected, atol=1e-6)


@pytest.mark.parametrize("draw", [maps, tied])
def test_ranks_equal_scipy(draw):
    x = draw(5, 8, 9)
    expected = np.stack([stats.rankdata(each).reshape(8, 9) for each in x.numpy()])
    np.testing.assert_array_equal(ranks(x), expected)
    np.testing.assert_array_equal(ranks(x[0]), expected[0])


def test_ranks_by_hand():
    assert ranks(torch.tensor([[3.0, -1.0, 3.0], [0.0, 3.0, -0.0]])).tolist() == [[5, 1, 5], [2.5, 5, 2.5]]
    assert ranks(torch.full((2, 2), torch.nan)).tolist() == [[2.5, 2.5], [2.5, 2.5]]


def test_spearman_by_hand():
    a, b = torch.tensor([[1.0, 2.0, 3.0, 4.0]]), torch.tensor([[1.0, 3.0, 2.0, 4.0]])
    assert spearman(a, b).item() == pytest.approx(1 - 6 * 2 / (4 * 15), abs=1e-6)


def test_ranked_once_compared_often():
    a, b = tied(4, 7, 7), tied(4, 7, 7, seed=1)
    torch.testing.assert_close(pearson(ranks(a), ranks(b)), spearman(a, b))


@pytest.mark.parametrize("function", SCIPY)
def test_extremes(function):
    x = maps(6, 7, 7).float()
    torch.testing.assert_close(function(x, x), torch.ones(6))
    torch.testing.assert_close(function(x, -x), -torch.ones(6))
    assert function(x, x).max() <= 1
    assert function(x, -x).min() >= -1


@pytest.mark.parametrize("function", SCIPY)
def test_scale_and_offset_do_not_matter(function):
    a, b = maps(4, 7, 7), maps(4, 7, 7, seed=1)
    for other in (1e-30 * a, 1e30 * a, a + 100):
        torch.testing.assert_close(function(other, b), function(a, b))
    torch.testing.assert_close(
        function((1e-25 * a).float(), (1e25 * b).float()).double(), function(a, b), atol=1e-6, rtol=0
    )


def test_spearman_sees_the_order_only():
    a, b = maps(4, 7, 7), maps(4, 7, 7, seed=1)
    torch.testing.assert_close(spearman(a.exp(), b**3), spearman(a, b))


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("name", FLAT)
def test_a_degenerate_map_is_like_nothing(function, name):
    flat = FLAT[name]
    x = maps(*flat.shape).float()
    assert function(flat, x).item() == 0
    assert function(x, flat).item() == 0
    assert function(flat, flat).item() == 0


def test_a_degenerate_neighbour_changes_nothing():
    a, b = maps(2, 7, 7).float(), maps(2, 7, 7, seed=1).float()
    with_flat = torch.stack([a[0], FLAT["all nan"], a[1]]), torch.stack([b[0], b[0], b[1]])
    for function in FUNCTIONS:
        result = function(*with_flat)
        assert torch.equal(result[[0, 2]], function(a, b))
        assert result[1] == 0


def test_pearson_has_the_right_gradient():
    a, b = maps(2, 3, 4).requires_grad_(), maps(2, 3, 4, seed=1).requires_grad_()
    assert torch.autograd.gradcheck(pearson, (a, b))
    assert torch.autograd.gradgradcheck(pearson, (a, b))


@pytest.mark.parametrize("name", FLAT)
def test_pearson_has_a_finite_gradient_at_degenerate_maps(name):
    flat, x = FLAT[name].clone().requires_grad_(), maps(*FLAT[name].shape).float().requires_grad_()
    for gradient in torch.autograd.grad(pearson(flat, x), (flat, x)):
        assert torch.equal(gradient, torch.zeros_like(gradient))


def test_masked_pearson_equals_scipy_on_the_cells_inside():
    a, b = maps(5, 9, 8), maps(5, 9, 8, seed=1)
    mask = maps(5, 9, 8, seed=2) > -0.3
    expected = [stats.pearsonr(x[inside], y[inside]).statistic for x, y, inside in zip(a, b, mask, strict=True)]
    np.testing.assert_allclose(pearson(a, b, mask=mask), expected, atol=1e-12)
    np.testing.assert_allclose(pearson(a.float(), b.float(), mask=mask), expected, atol=1e-6)
    torch.testing.assert_close(pearson(a, b, mask=mask[0])[0], pearson(a, b, mask=mask)[0])
    torch.testing.assert_close(pearson(a, b, mask=mask[:, None]).diag(), pearson(a, b, mask=mask))
    torch.testing.assert_close(pearson(a, b, mask=torch.ones(9, 8, dtype=torch.bool)), pearson(a, b))


@pytest.mark.parametrize("hidden", [1e9, -1e9, torch.nan, torch.inf])
def test_what_the_mask_hides_does_not_count(hidden):
    a, b = maps(2, 9, 8).requires_grad_(), maps(2, 9, 8, seed=1)
    mask = torch.ones(9, 8, dtype=torch.bool)
    mask[:, :3] = False
    spoilt = torch.where(mask, a, hidden)
    torch.testing.assert_close(pearson(spoilt, b, mask=mask), pearson(a[..., 3:], b[..., 3:]))
    (gradient,) = torch.autograd.grad(pearson(spoilt, b, mask=mask).sum(), a)
    assert (gradient[..., :3] == 0).all()
    torch.testing.assert_close(gradient, torch.autograd.grad(pearson(a[..., 3:], b[..., 3:]).sum(), a)[0])


def test_an_offset_costs_no_precision_inside_a_mask():
    a, b = (maps(5, 9, 8) + 1000).float(), maps(5, 9, 8, seed=1).float()
    mask = maps(5, 9, 8, seed=2) > -0.3
    expected = pearson(a.double(), b.double(), mask=mask)
    torch.testing.assert_close(pearson(a, b, mask=mask).double(), expected, rtol=0, atol=1e-6)


def test_constant_inside_the_mask_or_nothing_inside_it_is_like_nothing():
    a, b = maps(9, 8), maps(9, 8, seed=1)
    mask = torch.zeros(9, 8, dtype=torch.bool)
    assert pearson(a, b, mask=mask).item() == 0
    mask[2:4] = True
    assert pearson(torch.where(mask, 3.0, a), b, mask=mask).item() == 0
    mask[:] = False
    mask[4, 4] = True
    assert pearson(a, b, mask=mask).item() == 0


def test_masked_pearson_has_the_right_gradient():
    a, b = maps(2, 3, 4).requires_grad_(), maps(2, 3, 4, seed=1).requires_grad_()
    mask = torch.tensor([[True, False, True, True]]).expand(3, 4)
    assert torch.autograd.gradcheck(lambda a, b: pearson(a, b, mask=mask), (a, b))


@pytest.mark.parametrize("mask", [torch.ones(7, 7), torch.ones(3, 3, dtype=torch.bool)])
def test_a_mask_that_does_not_fit_is_refused(mask):
    with pytest.raises(InputError, match=r"expected `mask` of bool that matches maps of \(7, 7\) and \(7, 7\), got"):
        pearson(maps(7, 7), maps(7, 7), mask=mask)


def test_overlap_by_hand():
    a = torch.arange(20.0).reshape(4, 5)
    b = a.clone()
    b[0, 0] = 100.0
    assert iou_top(a, b).item() == pytest.approx(1 / 3)  # {18, 19} and {0, 19}
    assert iou_top(a, b, share=0.2).item() == pytest.approx(3 / 5)
    assert iou_top(a, -a, share=1).item() == 1
    assert iou_top(a, a, share=1e-9).item() == 1  # one cell at least


def test_overlap_takes_a_tenth_of_seven_by_seven():
    a, b = torch.zeros(7, 7), torch.zeros(7, 7)
    a[0, :5], b[0, 1:6] = 1, 1  # round(4.9) cells
    assert iou_top(a, b).item() == pytest.approx(4 / 6)


def test_ties_go_to_the_earlier_cell():
    a = torch.tensor([[0.0, 1.0, 1.0, 1.0, 0.0]])
    b = torch.tensor([[0.0, 2.0, 1.0, 0.0, 0.0]])
    assert iou_top(a, b, share=0.4).item() == 1
    assert iou_top(a, b.flip(-1), share=0.4).item() == pytest.approx(1 / 3)


def test_overlap_equals_sets():
    a, b = maps(8, 14, 14), maps(8, 14, 14, seed=1)
    for share in (0.05, 0.1, 0.5):
        count = round(share * 196)
        tops = [[set(each.flatten().argsort(descending=True)[:count].tolist()) for each in x] for x in (a, b)]
        expected = [len(x & y) / len(x | y) for x, y in zip(*tops, strict=True)]
        np.testing.assert_allclose(iou_top(a, b, share=share), expected)


@pytest.mark.parametrize("share", [0, -0.1, 1.1, float("nan")])
def test_an_impossible_share_is_refused(share):
    with pytest.raises(UsageError, match=r"expected `share` in \(0, 1\], got"):
        iou_top(maps(7, 7), maps(7, 7), share=share)


def test_ranks_of_no_map_are_refused():
    with pytest.raises(
        InputError, match=r"expected `maps` of shape \(\.\.\., h, w\) with at least one cell, got \(3,\)"
    ):
        ranks(torch.zeros(3))


@pytest.mark.parametrize("function", FUNCTIONS)
class TestEvery:
    def test_is_symmetric(self, function):
        a, b = tied(4, 7, 7), tied(4, 7, 7, seed=1)
        torch.testing.assert_close(function(a, b), function(b, a))

    def test_moving_cells_of_both_alike_does_not_matter(self, function):
        a, b = maps(4, 7, 7), maps(4, 7, 7, seed=1)
        order = torch.randperm(49, generator=torch.Generator().manual_seed(0))
        moved = (x.flatten(1)[:, order].reshape(4, 7, 7) for x in (a, b))
        torch.testing.assert_close(function(*moved), function(a, b))

    def test_leading_axes_broadcast(self, function):
        a, b = maps(5, 3, 7, 7), maps(3, 7, 7, seed=1)
        result = function(a, b)
        assert result.shape == (5, 3)
        torch.testing.assert_close(result, torch.stack([function(each, b) for each in a]))
        assert function(b[0], b[1]).shape == ()
        assert function(b[:0], b[:0]).shape == (0,)

    def test_batch_of_many_equals_batches_of_one(self, function):
        a, b = tied(6, 7, 7).float(), tied(6, 7, 7, seed=1).float()
        alone = torch.cat([function(x[None], y[None]) for x, y in zip(a, b, strict=True)])
        assert torch.equal(function(a, b), alone)

    def test_dtypes_layout_and_inputs(self, function):
        a, b = maps(3, 7, 5), maps(3, 7, 5, seed=1)
        before = a.clone(), b.clone()
        assert function(a, b).dtype == torch.float64
        assert function(a.half(), b.half()).dtype == torch.float32
        assert function(tied(7, 7).to(torch.int16), tied(7, 7).to(torch.int16)).item() == pytest.approx(1)
        torch.testing.assert_close(function(a.mT, b.mT), function(a.mT.contiguous(), b.mT.contiguous()))
        assert torch.equal(a, before[0])
        assert torch.equal(b, before[1])

    def test_no_value_is_waited_for(self, function):
        x = torch.empty(3, 7, 7, device="meta")
        assert function(x, x).shape == (3,)

    def test_other_shapes_are_refused(self, function):
        with pytest.raises(InputError, match=r"of one grid .* got \(2, 7, 7\) and \(3, 7, 7\)"):
            function(torch.zeros(2, 7, 7), torch.zeros(3, 7, 7))
