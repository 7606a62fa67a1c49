import copy

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from saliencekit.errors import ModelError, UsageError
from saliencekit.extractors import CAM, GradCAM
from saliencekit.models import SmallCNN, build_model
from saliencekit.training.sight import CompiledSight, Sight, auxiliary_logits, compile_around, main_logits

# what torch remarks about itself while it compiles
pytestmark = pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not a leaf")


def both(model, **settings):
    return Sight(copy.deepcopy(model), **settings), CompiledSight(model, backend="eager", **settings)


@pytest.fixture
def images():
    return torch.randn(5, 1, 24, 24, generator=torch.Generator().manual_seed(0))


def test_one_forward_gives_logits_and_maps(images):
    model = SmallCNN(width=2).eval()
    seen = Sight(model)(images, target="predicted")
    with torch.no_grad():
        assert torch.equal(seen.logits, model(images))
    torch.testing.assert_close(seen.maps, CAM(model)(images))
    assert seen.auxiliary == ()
    assert not torch.equal(Sight(model)(images, target="label", labels=1 - seen.logits.argmax(1)).maps, seen.maps)


@pytest.mark.parametrize("layer", ["auto", "features.6"])
@pytest.mark.parametrize("training", [True, False])
def test_a_compiled_network_gives_the_same_maps(images, layer, training):
    plain, compiled = both(SmallCNN(width=2).train(training), layer=layer)
    labels = torch.tensor([0, 1, 1, 0, 1])
    for batch in (images, images[:3]):
        for target in ("predicted", "label"):
            ours = compiled(batch, target=target, labels=labels[: len(batch)])
            theirs = plain(batch, target=target, labels=labels[: len(batch)])
            torch.testing.assert_close(ours.logits, theirs.logits)
            torch.testing.assert_close(ours.maps, theirs.maps)


def test_gradients_of_a_compiled_networks_maps(images):
    plain, compiled = both(SmallCNN(width=2))
    for sight in (plain, compiled):
        sight(images, target="predicted").maps.square().sum().backward()
    theirs = dict(plain._model.named_parameters())
    for name, parameter in compiled._model.named_parameters():
        assert (parameter.grad is None) == (theirs[name].grad is None), name
        if parameter.grad is not None:
            torch.testing.assert_close(parameter.grad, theirs[name].grad, rtol=1e-4, atol=1e-5)


def test_preparing_changes_nothing(images):
    model = SmallCNN(width=2)
    before = copy.deepcopy(model.state_dict())
    state = torch.get_rng_state()
    CompiledSight(model, backend="eager")._prepare(images)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(module.training for module in model.modules())
    assert torch.equal(torch.get_rng_state(), state)
    assert not any(module._forward_hooks for module in model.modules())


def test_what_is_compiled_lies_beside_the_way_to_the_layer():
    model = SmallCNN(width=1)
    assert compile_around(model, "features", backend="eager") == [
        "features.0",
        "features.2",
        "features.4",
        "features.6",
    ]
    densenet = build_model("densenet121")
    blocks = compile_around(densenet, "features", backend="eager")
    assert blocks == [f"features.{word}{n}" for n in (1, 2, 3, 4) for word in ("denseblock", "transition")][:-1]
    assert densenet.features._compiled_call_impl is None
    assert densenet.features.denseblock1._compiled_call_impl is not None


def test_densenets_last_relu_is_part_of_a_compiled_networks_maps():
    torch.manual_seed(0)
    model = build_model("densenet121", num_classes=2).eval()
    images = torch.randn(2, 3, 64, 64)
    ours = CompiledSight(model, backend="eager")(images, target="predicted")
    torch.testing.assert_close(ours.maps, Sight(model)(images, target="predicted").maps)


class Late(nn.Module):
    """A ReLU that is no module stands between the layer and the pooling."""

    def __init__(self):
        super().__init__()
        self.conv, self.head = nn.Conv2d(1, 4, 3), nn.Linear(4, 2)

    def forward(self, images):
        return self.head(F.relu(self.conv(images)).mean((2, 3)))


def test_maps_that_cannot_be_taken_are_refused(images):
    with pytest.raises(UsageError, match=r"maps of the layer 'conv' cannot be taken .* leave compile off"):
        CompiledSight(Late(), backend="eager")(images, target="predicted")


def test_a_model_without_such_a_head_has_grad_cam_unless_it_is_compiled(images):
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(2 * 22 * 22, 2))
    plain, compiled = both(model)
    with pytest.raises(ModelError, match="CAM is not defined"):
        compiled(images, target="predicted")
    with pytest.raises(ModelError, match="CAM is not defined"):
        Sight(model, salience="cam")(images, target="predicted")
    with pytest.raises(UsageError, match="Grad-CAM cannot be taken from a compiled network: leave compile off"):
        both(model, salience="grad-cam")
    maps = plain(images, target="predicted").maps
    torch.testing.assert_close(maps, GradCAM(model, relu=False)(images))
    with torch.inference_mode():  # as Lightning validates
        torch.testing.assert_close(plain(images, target="predicted").maps, maps.detach())


def test_auxiliary_logits_have_torchvisions_weights():
    from torchvision.models.googlenet import GoogLeNetOutputs
    from torchvision.models.inception import InceptionOutputs

    a, b, c = torch.rand(3, 2, 2)
    assert main_logits(InceptionOutputs(a, b)) is a
    assert auxiliary_logits(InceptionOutputs(a, b)) == ((0.4, b),)
    assert auxiliary_logits(GoogLeNetOutputs(a, b, c)) == ((0.3, c), (0.3, b))
    assert auxiliary_logits(InceptionOutputs(a, None)) == auxiliary_logits(a) == ()
