import pytest

from saliencekit.errors import UsageError
from saliencekit.models.spec import Spec, parse_spec


@pytest.mark.parametrize(
    ("text", "room", "name"),
    [
        ("resnet18", "torchvision", "resnet18"),
        ("torchvision:vit_b_16", "torchvision", "vit_b_16"),
        ("timm:resnet50.a1_in1k", "timm", "resnet50.a1_in1k"),
        ("saliencekit:small-cnn", "saliencekit", "small-cnn"),
        ("my.package:networks.Net", "my.package", "networks.Net"),
    ],
)
def test_reads_every_form(text: str, room: str, name: str) -> None:
    assert parse_spec(text) == Spec(room, name)


def test_options_are_read_as_numbers_truths_and_words_and_written_back_sorted() -> None:
    text = "torchvision:vit_b_16?image_size=384&aux=false&rate=0.5&mode=fast"
    spec = parse_spec(text)
    assert dict(spec.options) == {"image_size": 384, "aux": False, "rate": 0.5, "mode": "fast"}
    assert str(spec) == "torchvision:vit_b_16?aux=false&image_size=384&mode=fast&rate=0.5"
    assert parse_spec(str(spec)) == spec


def test_having_replaces_and_leaves_the_original() -> None:
    spec = parse_spec("resnet18?in_channels=1")
    assert spec.having(in_channels=4).option("in_channels", 3) == 4
    assert spec.option("in_channels", 3) == 1
    assert spec.option("width", 16) == 16


def test_only_torchvision_and_ours_are_known() -> None:
    assert [parse_spec(text).known for text in ("resnet18", "saliencekit:small-cnn", "timm:x", "a:b")] == [
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize("text", ["", ":", "torchvision:", "a b:c", "torchvision:../x y", "1bad:name"])
def test_other_forms_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="cannot be read: expected torchvision:NAME"):
        parse_spec(text)


def test_unknown_own_network_lists_ours() -> None:
    with pytest.raises(UsageError, match="expected one of saliencekit:small-cnn, saliencekit:efficientnet-lite0"):
        parse_spec("saliencekit:big-cnn")


@pytest.mark.parametrize("option", ["width", "wi-dth=3", "=3"])
def test_options_without_name_and_value_are_refused(option: str) -> None:
    with pytest.raises(UsageError, match="expected name=value"):
        parse_spec(f"saliencekit:small-cnn?{option}")
