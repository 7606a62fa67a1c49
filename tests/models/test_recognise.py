from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from saliencekit.errors import ModelError
from saliencekit.models import Recognition, build_model, recognise
from saliencekit.models.build import torchvision_names
from saliencekit.models.skeleton import skeleton
from saliencekit.models.spec import parse_spec

Bare = Callable[..., dict[str, Tensor]]
GUESSED = {"inception_v3": "?transform_input=true", "googlenet": "?transform_input=true"}


@pytest.mark.parametrize("name", torchvision_names())
def test_every_classifier_of_torchvision_is_recognised_with_its_classes(name: str, bare: Bare) -> None:
    state = {f"module.{key}": tensor for key, tensor in bare(name, 5).items()}
    assert recognise(state) == Recognition(f"torchvision:{name}{GUESSED.get(name, '')}", 5)


def test_no_two_classifiers_have_the_same_names_and_shapes() -> None:
    frames = [tuple(skeleton(parse_spec(name)).shapes.items()) for name in torchvision_names()]
    assert len(set(frames)) == len(frames)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("inception_v3?aux_logits=false", "torchvision:inception_v3?aux_logits=false&transform_input=true"),
        ("googlenet?aux_logits=false", "torchvision:googlenet?aux_logits=false&transform_input=true"),
        ("vit_b_16?image_size=384", "torchvision:vit_b_16?image_size=384"),
        ("resnet18?in_channels=1", "torchvision:resnet18?in_channels=1"),
        ("densenet121?in_channels=4", "torchvision:densenet121?in_channels=4"),
        ("saliencekit:small-cnn?in_channels=3&width=4", "saliencekit:small-cnn?in_channels=3&width=4"),
        ("saliencekit:efficientnet-lite0", "saliencekit:efficientnet-lite0"),
    ],
)
def test_variants_are_recognised_with_their_options(spec: str, expected: str, bare: Bare) -> None:
    assert recognise(bare(spec, 2)) == Recognition(expected, 2)


@pytest.mark.parametrize("num_classes", [1, 2, 1000, 1013])
def test_any_number_of_classes(num_classes: int, bare: Bare) -> None:
    assert recognise(bare("resnet50", num_classes)).num_classes == num_classes


def test_the_published_densenets_old_names(bare: Bare) -> None:
    state = bare("densenet121", 1000)
    old = {name.replace("norm1.", "norm.1.").replace("conv2.", "conv.2."): tensor for name, tensor in state.items()}
    old = {name: tensor for name, tensor in old.items() if "num_batches_tracked" not in name}
    assert "features.denseblock1.denselayer1.norm.1.weight" in old
    assert recognise(old) == Recognition("torchvision:densenet121", 1000)


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "model.", "model._orig_mod.module.", "anything."])
def test_prefixes_are_taken_off(prefix: str, bare: Bare) -> None:
    state = {prefix + name: tensor for name, tensor in bare("mobilenet_v2", 2).items()}
    assert recognise(state).arch == "torchvision:mobilenet_v2"


def test_what_training_leaves_beside_the_network_is_passed_over(bare: Bare) -> None:
    state: dict[str, Tensor] = {f"net.{name}": tensor for name, tensor in bare("resnet18", 2).items()}
    state |= {"loss_fn.weight": torch.ones(2), "n_averaged": torch.tensor(3), "net.conv1.total_ops": torch.zeros(1)}
    assert recognise(state).arch == "torchvision:resnet18"


def test_a_second_head_is_not_passed_over(bare: Bare) -> None:
    state = {f"backbone.{name}": tensor for name, tensor in bare("resnet18", 1000).items()}
    state["head.weight"] = torch.ones(2, 1000)
    with pytest.raises(ModelError, match=r"nearest is torchvision:resnet18, with unexpected head.weight"):
        recognise(state)


def test_a_head_of_dropout_and_linear(bare: Bare) -> None:
    state = bare("resnet18", 2)
    state["fc.1.weight"], state["fc.1.bias"] = state.pop("fc.weight"), state.pop("fc.bias")
    assert recognise(state) == Recognition("torchvision:resnet18", 2)


def test_the_nearest_is_named_with_the_first_differences(bare: Bare) -> None:
    state = bare("resnet50", 2)
    del state["layer1.0.conv1.weight"]
    state["attention.weight"] = torch.ones(2, 2)
    with pytest.raises(
        ModelError,
        match=r"nearest is torchvision:resnet50, with missing layer1.0.conv1.weight; "
        r"unexpected attention.weight; name the architecture with --arch SPEC \(arch=\)",
    ):
        recognise(state)


def test_a_headless_network_is_not_recognised(bare: Bare) -> None:
    state = {name: tensor for name, tensor in bare("resnet18").items() if not name.startswith("fc.")}
    with pytest.raises(ModelError, match=r"nearest is torchvision:resnet18, with missing fc.weight, fc.bias"):
        recognise(state)


def test_strangers_are_said_to_resemble_nothing() -> None:
    with pytest.raises(ModelError, match=r"resemble no architecture known here \(they begin with 0.weight, 0.bias\)"):
        recognise(nn.Sequential(nn.Linear(2, 2)).state_dict())


def test_the_global_generator_is_left_alone(bare: Bare) -> None:
    before = torch.get_rng_state()
    recognise(bare("swin_t", 2))
    assert torch.equal(torch.get_rng_state(), before)


def test_timms_resnet_is_the_same_network_as_torchvisions() -> None:
    model = build_model("timm:resnet18", num_classes=3).eval()
    found = recognise(model.state_dict())
    assert found == Recognition("torchvision:resnet18", 3)
    ours = build_model(found.arch, num_classes=3).eval()
    ours.load_state_dict(model.state_dict())
    images = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(ours(images), model(images))
