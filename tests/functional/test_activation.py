import pytest
import torch
from torch import nn

from saliencekit.errors import InputError
from saliencekit.functional.activation import cam, grad_cam
from saliencekit.functional.logits import class_logit

from .examples import maps

TARGET = torch.tensor([2, 0, 2, 1])


def features() -> torch.Tensor:
    return maps(4, 6, 5, 3)


def weight(classes: int = 3) -> torch.Tensor:
    return maps(classes, 6, seed=1)


class Small(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(3, 6, 3)
        self.head = nn.Linear(6, 3)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.head(self.convolution(images).relu().mean((2, 3)))


def test_cam_equals_a_literal_sum():
    f, w = features(), weight()
    literal = torch.stack([sum(w[t, c] * f[n, c] for c in range(6)) for n, t in enumerate(TARGET)])
    torch.testing.assert_close(cam(f, w, TARGET), literal)


def test_the_mean_of_a_cam_is_the_logit():
    f, w, bias = features(), weight(), maps(3, seed=2)
    logits = f.mean((2, 3)) @ w.T + bias
    torch.testing.assert_close(cam(f, w, TARGET).mean((1, 2)) + bias[TARGET], class_logit(logits, TARGET))


def test_one_logit_explains_the_negative_class_by_its_negative():
    f, w = features(), weight(1)
    both = cam(f, w, torch.tensor([1, 0, 1, 0]))
    literal = (f * w[0, :, None, None]).sum(1)
    torch.testing.assert_close(both, literal * torch.tensor([1.0, -1.0, 1.0, -1.0]).double()[:, None, None])


def test_cam_keeps_what_speaks_against_the_class():
    assert (cam(features(), weight(), TARGET) < 0).any()


def test_grad_cam_by_hand():
    f = torch.tensor([[[[1.0, -1.0]], [[0.0, 2.0]]]])
    g = torch.tensor([[[[4.0, 0.0]], [[1.0, 0.0]]]])
    assert grad_cam(f, g, relu=False).tolist() == [[[2.0, -1.0]]]
    assert grad_cam(f, g).tolist() == [[[2.0, 0.0]]]


def test_grad_cam_of_pooling_and_a_linear_head_is_cam_over_the_cells():
    f, w = features().requires_grad_(), weight()
    (gradient,) = torch.autograd.grad(class_logit(f.mean((2, 3)) @ w.T, TARGET).sum(), f)
    raw = grad_cam(f.detach(), gradient, relu=False)
    torch.testing.assert_close(raw, cam(f.detach(), w, TARGET) / 15)
    torch.testing.assert_close(grad_cam(f.detach(), gradient), raw.relu())


def test_grad_cam_equals_captum():
    from captum.attr import LayerGradCam

    torch.manual_seed(0)
    model, images = Small().double(), maps(4, 3, 9, 8)
    expected = LayerGradCam(model, model.convolution).attribute(images, TARGET)[:, 0]
    f = model.convolution(images)
    (gradient,) = torch.autograd.grad(class_logit(model.head(f.relu().mean((2, 3))), TARGET).sum(), f)
    torch.testing.assert_close(grad_cam(f, gradient, relu=False), expected, rtol=1e-12, atol=1e-12)


def test_gradients_are_right():
    f, w, g = features().requires_grad_(), weight().requires_grad_(), maps(4, 6, 5, 3, seed=3).requires_grad_()
    assert torch.autograd.gradcheck(lambda f, w: cam(f, w, TARGET), (f, w))
    assert torch.autograd.gradgradcheck(lambda f, w: cam(f, w, TARGET), (f, w))
    assert torch.autograd.gradcheck(lambda f, g: grad_cam(f, g, relu=False), (f, g))
    assert torch.autograd.gradgradcheck(lambda f, g: grad_cam(f, g, relu=False), (f, g))


def test_autocast_and_half_features_are_summed_in_float32():
    f, w, g = features().half(), weight().float(), maps(4, 6, 5, 3, seed=3).half()
    outside = cam(f, w, TARGET), grad_cam(f, g)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside = cam(f, w, TARGET), grad_cam(f, g)
    for a, b in zip(inside, outside, strict=True):
        assert a.dtype == torch.float32
        assert torch.equal(a, b)
    torch.testing.assert_close(outside[0].double(), cam(f.double(), w.double(), TARGET), rtol=0, atol=1e-5)
    torch.testing.assert_close(outside[1].double(), grad_cam(f.double(), g.double()), rtol=0, atol=1e-6)
    assert cam(features(), w, TARGET).dtype == torch.float64


def test_memory_layout_batch_and_inputs():
    f, w, g = features().float(), weight().float(), maps(4, 6, 5, 3, seed=3).float()
    before = f.clone(), w.clone(), g.clone()
    last = [x.contiguous(memory_format=torch.channels_last) for x in (f, g)]
    torch.testing.assert_close(cam(last[0], w, TARGET), cam(f, w, TARGET))
    torch.testing.assert_close(grad_cam(*last), grad_cam(f, g))
    alone = torch.cat([cam(f[i : i + 1], w, TARGET[i : i + 1]) for i in range(4)])
    torch.testing.assert_close(alone, cam(f, w, TARGET))
    assert cam(f[:0], w, TARGET[:0]).shape == (0, 5, 3)
    assert all(torch.equal(x, y) for x, y in zip(before, (f, w, g), strict=True))


def test_no_value_is_waited_for():
    f = torch.empty(4, 6, 7, 7, device="meta")
    w, target = torch.empty(3, 6, device="meta"), torch.zeros(4, dtype=torch.long, device="meta")
    assert cam(f, w, target).shape == cam(f, w[:1], target).shape == grad_cam(f, f).shape == (4, 7, 7)


def test_other_shapes_are_refused():
    f, w = features(), weight()
    with pytest.raises(InputError, match=r"expected `features` of shape \(N, C, h, w\), got \(4, 6\)"):
        cam(f.mean((2, 3)), w, TARGET)
    with pytest.raises(InputError, match=r"expected `weight` of shape \(K, C\), got \(6,\)"):
        cam(f, w[0], TARGET)
    with pytest.raises(InputError, match=r"of one N and C, got \(4, 6, 5, 3\), \(3, 5\) and \(4,\)"):
        cam(f, w[:, :5], TARGET)
    with pytest.raises(InputError, match=r"of one N and C, got \(4, 6, 5, 3\), \(3, 6\) and \(3,\)"):
        cam(f, w, TARGET[:3])
    with pytest.raises(InputError, match=r"expected `gradients` of the shape of `features`, got \(4, 6\) and"):
        grad_cam(f, f.mean((2, 3)))
    with pytest.raises(InputError, match=r"expected `features` of shape \(N, C, h, w\), got \(5, 3\)"):
        grad_cam(f[0, 0], f[0, 0])
