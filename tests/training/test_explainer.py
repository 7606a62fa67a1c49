import pytest
import torch
from torch import nn
from torchvision.models import VisionTransformer

from saliencekit.errors import ModelError
from saliencekit.extractors import CAM, GradCAM
from saliencekit.functional import cam_entropy
from saliencekit.losses import droid_loss
from saliencekit.models import SmallCNN
from saliencekit.training.explainer import explainer, twice_differentiable


@pytest.fixture
def images():
    return torch.randn(4, 1, 24, 24, generator=torch.Generator().manual_seed(0))


def flattened():
    """A head that weighs every cell by itself, so that it has no CAM."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 3, 5, 2), nn.SiLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(75, 2)).double()


def test_auto_takes_the_cam_where_there_is_one(images):
    assert type(explainer(SmallCNN(width=2), images)) is CAM
    assert type(explainer(SmallCNN(width=2), images, salience="grad-cam")) is GradCAM
    assert type(explainer(flattened(), images)) is GradCAM
    with pytest.raises(ModelError, match="CAM is not defined for this model"):
        explainer(flattened(), images, salience="cam")
    with pytest.raises(ModelError, match="the model has no layer 'nowhere'"):
        explainer(SmallCNN(width=2), images, layer="nowhere")


def test_without_its_relu_grad_cam_is_the_cam_to_every_loss(images):
    model, labels = SmallCNN(width=2), torch.tensor([0, 1, 1, 0])
    losses = []
    for salience in ("cam", "grad-cam"):
        model.zero_grad()
        with explainer(model, images, salience=salience) as extract:
            loss = droid_loss(model(images), labels, extract.maps("predicted"))
        loss.backward()
        losses.append((loss.detach(), model.features[0][0].weight.grad.clone()))
    torch.testing.assert_close(losses[0], losses[1])


def test_the_gradient_of_such_a_maps_entropy_is_right(images):
    model = flattened()
    some = images[:2].double()
    extract = explainer(model, some)

    def entropy(weight):
        model[0].weight.data.copy_(weight.detach())
        with extract:
            model(some)
            return cam_entropy(extract.maps(1)).sum()

    start = model[0].weight.detach().clone()
    (ours,) = torch.autograd.grad(entropy(start), model[0].weight)
    step = torch.zeros_like(start)
    step[1, 0, 2, 3] = 1e-6
    slope = (entropy(start + step) - entropy(start - step)).detach() / 2e-6
    assert ours[1, 0, 2, 3].abs() > 1e-4
    torch.testing.assert_close(ours[1, 0, 2, 3], slope, rtol=1e-5, atol=1e-8)


def test_a_map_is_trained_through_attention():
    torch.manual_seed(0)
    model = VisionTransformer(32, 8, 2, 2, 16, 32, num_classes=2)
    nn.init.normal_(model.heads.head.weight)
    images = torch.randn(2, 3, 32, 32)
    extract = explainer(model, images)
    with extract, twice_differentiable(extract):
        model(images)
        maps = extract.maps("predicted")
    assert maps.shape == (2, 4, 4)
    cam_entropy(maps).sum().backward()
    assert model.conv_proj.weight.grad.abs().max() > 0


@pytest.mark.parametrize("model", [SmallCNN(width=2), flattened().float()], ids=["cam", "grad-cam"])
def test_trying_leaves_no_trace(model, images):
    before = {name: value.clone() for name, value in model.state_dict().items()}
    explainer(model, images[:1])  # one image, which batch normalisation in train mode may refuse
    assert all(module.training for module in model.modules())
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert not any(module._forward_hooks for module in model.modules())
    assert all(parameter.grad is None for parameter in model.parameters())
