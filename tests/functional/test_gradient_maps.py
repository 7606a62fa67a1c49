import pytest
import torch
from torch import nn

from saliencekit.errors import InputError
from saliencekit.functional.activation import cam, grad_cam
from saliencekit.functional.gradient_maps import grad_cam_pp, hires_cam, layer_cam, xgrad_cam

from .examples import maps

ALL = {each.__name__: each for each in (grad_cam_pp, hires_cam, layer_cam, xgrad_cam)}
F = torch.tensor([[[[1.0, 3.0]], [[2.0, 0.0]]]])
G = torch.tensor([[[[0.5, -1.0]], [[1.0, 4.0]]]])


@pytest.fixture(params=ALL)
def method(request):
    return ALL[request.param]


def pair():
    return maps(4, 6, 5, 3).abs(), maps(4, 6, 5, 3, seed=3)


def test_grad_cam_pp_by_hand():
    # channel 0 sums to 4: .5 / (2 + 4 * .5); channel 1 to 2: 1 / (2 + 2 * 1) + 4 / (2 + 2 * 4)
    first, second = 0.125, 0.25 + 0.4
    expected = torch.tensor([[[first + 2 * second, 3 * first]]])
    torch.testing.assert_close(grad_cam_pp(F, G), expected)
    torch.testing.assert_close(grad_cam_pp(-F, G * 0.1, relu=False)[0, 0, 1], torch.tensor(-3 * 0.05 / (2 - 0.2)))


def test_grad_cam_pp_is_made_of_the_derivatives_of_the_exponential_score():
    """Second and third derivatives of exp(logit) by each single cell, by autograd: the paper's equation 10."""
    torch.manual_seed(0)
    head = nn.Sequential(nn.Flatten(), nn.Linear(18, 7), nn.ReLU(), nn.Linear(7, 1)).double()
    features = maps(2, 3, 2, 3).abs().requires_grad_()
    gradients = torch.autograd.grad(head(features).sum(), features)[0]
    expected = []
    for image in features.detach():
        total = 0
        for channel in range(3):
            weight = 0.0
            for place in range(6):
                x = image.clone()
                cell = x[channel].flatten()[place].clone().requires_grad_()
                inserted = x.flatten().index_put((torch.tensor(channel * 6 + place),), cell).view_as(x)
                score = head(inserted[None]).exp().sum()
                one = torch.autograd.grad(score, cell, create_graph=True)[0]
                two = torch.autograd.grad(one, cell, create_graph=True)[0]
                three = torch.autograd.grad(two, cell)[0]
                if two != 0:
                    alpha = two / (2 * two + x[channel].sum() * three)
                    weight = weight + alpha * one.relu() / score
            total = total + weight * image[channel]
        expected.append(total.detach().relu())
    assert min(each.max() for each in expected) > 0
    torch.testing.assert_close(grad_cam_pp(features.detach(), gradients), torch.stack(expected), rtol=1e-12, atol=1e-14)


def test_the_denominator_matters():
    f, g = pair()
    without = (f * (g.relu() / 2).sum((-2, -1), keepdim=True)).sum(1)
    assert ((grad_cam_pp(f, g) - without).abs() / without).max() > 0.5


def test_small_gradients_keep_their_weight():
    tiny = grad_cam_pp(F, G * 1e-30)
    torch.testing.assert_close(tiny * 1e30, torch.tensor([[[0.25 + 5.0, 0.75]]]))  # alpha = 1/2


def test_hires_cam_by_hand():
    assert hires_cam(F, G).tolist() == [[[2.5, -3.0]]]
    assert hires_cam(F, G, relu=True).tolist() == [[[2.5, 0.0]]]


def test_layer_cam_by_hand():
    assert layer_cam(F, G).tolist() == [[[2.5, 0.0]]]
    assert layer_cam(-F, G).tolist() == [[[0.0, 0.0]]]
    assert layer_cam(-F, G, relu=False).tolist() == [[[-2.5, 0.0]]]


def test_xgrad_cam_by_hand():
    # weights (.5 - 3) / 4 and 2 / 2
    assert xgrad_cam(F, G, relu=False).tolist() == [[[-0.625 + 2, -1.875]]]
    assert xgrad_cam(F, G).tolist() == [[[1.375, 0.0]]]


def test_xgrad_cam_sums_to_the_first_order_of_the_logit():
    f, g = pair()
    torch.testing.assert_close(xgrad_cam(f, g, relu=False).sum((1, 2)), (f * g).sum((1, 2, 3)))


def test_with_a_gradient_alike_in_all_cells_they_are_cam():
    f, w, target = maps(4, 6, 5, 3), maps(3, 6, seed=1), torch.tensor([2, 0, 2, 1])
    g = (w[target] / 15)[:, :, None, None].expand_as(f)
    expected = cam(f, w, target) / 15
    for each in (hires_cam, xgrad_cam):
        torch.testing.assert_close(each(f, g, relu=False), expected)
    torch.testing.assert_close(grad_cam(f, g, relu=False), expected)


@pytest.mark.parametrize("zero", ["features", "gradients", "both", "a channel"])
def test_zeros_give_numbers_and_finite_gradients(method, zero):
    f, g = pair()
    if zero in ("features", "both"):
        f = torch.zeros_like(f)
    if zero in ("gradients", "both"):
        g = torch.zeros_like(g)
    if zero == "a channel":
        f, g = f.clone(), g.clone()
        f[:, 2], g[:, 3] = 0, 0
    f, g = f.requires_grad_(), g.requires_grad_()
    out = method(f, g, relu=False)
    if zero != "a channel":
        assert out.abs().max() == 0
    assert all(each.isfinite().all() for each in (out, *torch.autograd.grad(out.square().sum() + out.sum(), (f, g))))


def test_a_denominator_of_zero_is_no_weight():
    f, g = torch.tensor([[[[-2.0, 0.0]]]]), torch.tensor([[[[1.0, 1.0]]]])
    assert grad_cam_pp(f, g, relu=False).tolist() == [[[0.0, 0.0]]]
    f = torch.tensor([[[[-2.0, 2.0]]]])
    assert xgrad_cam(f, g, relu=False).tolist() == [[[0.0, 0.0]]]


def test_one_cell(method):
    f, g = torch.tensor([[[[3.0]]]]), torch.tensor([[[[2.0]]]])
    expected = 3 * 2 / 8 if method is grad_cam_pp else 6.0
    assert method(f, g).tolist() == [[[expected]]]


def test_gradients_are_right(method):
    f, g = (each[:1, :2, :2, :2].clone().requires_grad_() for each in pair())
    assert torch.autograd.gradcheck(lambda f, g: method(f, g, relu=False), (f, g))
    assert torch.autograd.gradgradcheck(lambda f, g: method(f, g, relu=False), (f, g))


def test_dtype_batch_layout_and_inputs(method):
    f, g = pair()
    before = f.clone(), g.clone()
    whole = method(f, g)
    assert whole.dtype == torch.float64
    torch.testing.assert_close(torch.cat([method(f[i : i + 1], g[i : i + 1]) for i in range(4)]), whole)
    last = [each.contiguous(memory_format=torch.channels_last) for each in (f, g)]
    torch.testing.assert_close(method(*last), whole)
    assert method(f[:0], g[:0]).shape == (0, 5, 3)
    assert all(torch.equal(x, y) for x, y in zip(before, (f, g), strict=True))
    half = f.half(), g.half()
    outside = method(*half)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside = method(*half)
    assert outside.dtype == torch.float32
    assert torch.equal(inside, outside)
    torch.testing.assert_close(outside.double(), method(half[0].double(), half[1].double()), rtol=1e-4, atol=1e-5)


def test_no_value_is_waited_for(method):
    f = torch.empty(4, 6, 7, 7, device="meta")
    assert method(f, f).shape == (4, 7, 7)


def test_other_shapes_are_refused(method):
    f, g = pair()
    with pytest.raises(InputError, match=r"expected `gradients` of the shape of `features`, got \(4, 6, 5\) and"):
        method(f, g[..., 0])
    with pytest.raises(InputError, match=r"expected `features` of shape \(N, C, h, w\), got \(5, 3\)"):
        method(f[0, 0], g[0, 0])
