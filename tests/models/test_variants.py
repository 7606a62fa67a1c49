import pytest

from saliencekit.models.spec import parse_spec
from saliencekit.models.variants import variant

VIT = {"class_token": (1, 1, 768), "conv_proj.weight": (768, 3, 16, 16)}


def _variant(spec: str, shapes: dict[str, tuple[int, ...]]) -> str:
    return str(variant(parse_spec(spec), shapes))


@pytest.mark.parametrize(
    ("positions", "expected"),
    [(197, "torchvision:vit_b_16"), (577, "torchvision:vit_b_16?image_size=384"), (200, "torchvision:vit_b_16")],
)
def test_image_size_follows_from_the_positions(positions: int, expected: str) -> None:
    assert _variant("vit_b_16", {**VIT, "encoder.pos_embedding": (1, positions, 768)}) == expected


def test_auxiliary_heads_are_there_if_their_weights_are() -> None:
    stem = {"Conv2d_1a_3x3.conv.weight": (32, 3, 3, 3)}
    assert _variant("inception_v3", stem) == "torchvision:inception_v3?aux_logits=false&transform_input=true"
    with_aux = {**stem, "AuxLogits.fc.weight": (2, 768)}
    assert _variant("inception_v3", with_aux) == "torchvision:inception_v3?transform_input=true"
    assert _variant("googlenet", {"conv1.conv.weight": (64, 1, 7, 7)}) == "torchvision:googlenet?aux_logits=false"


def test_what_the_architecture_states_stays() -> None:
    stem = {"Conv2d_1a_3x3.conv.weight": (32, 3, 3, 3), "AuxLogits.fc.weight": (2, 768)}
    stated = "torchvision:inception_v3?aux_logits=true&transform_input=false"
    assert _variant(stated, stem) == stated


def test_width_of_the_small_cnn() -> None:
    assert _variant("saliencekit:small-cnn", {"features.0.0.weight": (8, 1, 3, 3)}) == "saliencekit:small-cnn?width=8"
    assert _variant("saliencekit:small-cnn", {"features.0.0.weight": (16, 1, 3, 3)}) == "saliencekit:small-cnn"
    assert _variant("saliencekit:small-cnn", {}) == "saliencekit:small-cnn"


def test_others_have_no_variants() -> None:
    assert _variant("resnet18", VIT) == "torchvision:resnet18"
