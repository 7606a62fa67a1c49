import pytest
import torch
from torch import nn

from saliencekit import CAM, GradCAM
from saliencekit.errors import UsageError
from saliencekit.functional import as_unit_range, cam_entropy
from saliencekit.training.looking import AT_ONCE, Looks, evaluated, look


@pytest.fixture
def model():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        parts = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.5), nn.AdaptiveAvgPool2d(1), nn.Flatten()
        return nn.Sequential(*parts, nn.Linear(4, 2))


def images(count=6):
    return torch.rand(count, 3, 8, 8, generator=torch.Generator().manual_seed(1))


def test_maps_are_those_of_eval_mode_in_full_precision(model):
    expected = CAM(model.eval())(images())
    model.train()
    with torch.autocast("cpu", torch.bfloat16):
        found = look(model, CAM(model), images(), target="predicted")
    assert torch.equal(found.maps, expected)
    assert torch.equal(found.entropy, cam_entropy(expected))


def test_nothing_is_left_behind(model):
    model.train()
    model[1].eval()  # as a frozen batch norm is
    modes = [each.training for each in model.modules()]
    state = {name: value.clone() for name, value in model.state_dict().items()}
    random = torch.get_rng_state()
    look(model, GradCAM(model), images(), target="predicted")
    assert [each.training for each in model.modules()] == modes
    assert all(torch.equal(value, model.state_dict()[name]) for name, value in state.items())
    assert all(each.grad is None and each.requires_grad for each in model.parameters())
    assert torch.equal(torch.get_rng_state(), random)
    assert not any(each._forward_hooks for each in model.modules())


def test_modes_come_back_after_an_exception(model):
    model.train()
    with pytest.raises(UsageError, match="labels"):
        look(model, GradCAM(model), images(), target="label")
    assert all(each.training for each in model.modules())
    with pytest.raises(ZeroDivisionError), evaluated(model):
        assert not any(each.training for each in model.modules())
        raise ZeroDivisionError
    assert all(each.training for each in model.modules())


@pytest.mark.parametrize("target", ["predicted", "label", 1, torch.arange(2 * AT_ONCE + 3) % 2])
def test_many_images_are_looked_at_in_parts(model, target):
    many = images(2 * AT_ONCE + 3)
    labels = (torch.arange(len(many)) * 7) % 2
    found = look(model, CAM(model), many, target=target, labels=labels)
    expected = CAM(model.eval())(many, target=target, labels=labels)
    torch.testing.assert_close(found.maps, expected)
    assert torch.equal(found.predicted, model(many).argmax(1))


def test_images_take_the_dtype_of_the_weights(model):
    found = look(model.to(torch.bfloat16), CAM(model), images(), target=0)
    assert found.maps.dtype == torch.float32


def test_figures_by_hand():
    """One cell of four; two of four; a constant map, which counts as spread over all four."""
    maps = torch.tensor([[[0.0, 1.0], [0.0, 0.0]], [[3.0, 1.0], [3.0, 1.0]], [[5.0, 5.0], [5.0, 5.0]]])
    found = Looks(maps, cam_entropy(maps), torch.zeros(3)).figures()
    assert found["entropy"] == pytest.approx((0 + 0.693147 + 1.386294) / 3, abs=1e-5)
    assert found["entropy_normalized"] == pytest.approx((0 + 0.5 + 1) / 3, abs=1e-5)
    assert found["effective_area"] == pytest.approx((1 + 2 + 4) / 3, abs=1e-5)
    assert found["degenerate"] == pytest.approx(1 / 3)


def test_figures_against_plain_torch():
    maps = torch.randn(5, 7, 7, generator=torch.Generator().manual_seed(2))
    shares = as_unit_range(maps).flatten(1)
    shares = shares / shares.sum(1, keepdim=True)
    entropy = torch.distributions.Categorical(shares).entropy()
    assert Looks(maps, cam_entropy(maps), torch.zeros(5)).figures()["entropy"] == pytest.approx(float(entropy.mean()))


def test_a_single_cell_has_no_normalised_entropy():
    maps = torch.ones(2, 1, 1)
    assert Looks(maps, cam_entropy(maps), torch.zeros(2)).figures() == {
        **{"entropy": 0.0, "entropy_normalized": 0.0, "effective_area": 1.0, "degenerate": 1.0}
    }
