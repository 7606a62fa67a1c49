import pytest

from saliencekit import UsageError
from saliencekit.models.published import imagenet_classes, published_preprocessing
from saliencekit.models.spec import parse_spec


def test_thousand_names() -> None:
    names = imagenet_classes()
    assert len(names) == 1000
    assert (names[0], names[285], names[657], names[967]) == ("tench", "Egyptian cat", "missile", "espresso")


def test_the_file_decides_between_two_trainings_of_one_network() -> None:
    spec = parse_spec("resnet50")
    first = published_preprocessing(spec, "0676ba61" + "0" * 56)
    second = published_preprocessing(spec, "11ad3fa6" + "0" * 56)
    assert first is not None
    assert second is not None
    assert (first.resize_to, second.resize_to) == (256, 232)
    assert first.source == "torchvision weights metadata (ResNet50_Weights.IMAGENET1K_V1)"
    assert published_preprocessing(spec, "0" * 64) is None
    assert published_preprocessing(spec) == second


def test_only_torchvisions_networks_are_published() -> None:
    assert published_preprocessing(parse_spec("timm:resnet50")) is None


@pytest.mark.parametrize(
    ("spec", "size", "shorter"),
    [("resnet18", 224, 256), ("inception_v3", 299, 342), ("vit_b_16?image_size=384", 384, 439)],
)
def test_sizes(spec: str, size: int, shorter: int) -> None:
    wanted = published_preprocessing(parse_spec(spec))
    assert wanted is not None
    assert (wanted.size, wanted.resize_to, wanted.resize) == ((size, size), shorter, "crop")
    assert wanted.mean == (0.485, 0.456, 0.406)


def test_grey_images_take_the_mean_over_the_colours() -> None:
    wanted = published_preprocessing(parse_spec("resnet18?in_channels=1"))
    assert wanted is not None
    assert wanted.channels == 1
    assert wanted.mean == pytest.approx(((0.485 + 0.456 + 0.406) / 3,))


def test_an_unknown_architecture_has_no_preprocessing() -> None:
    told = r"^unknown torchvision architecture 'resnet5000': expected one of \d+ known; did you mean 'resnet50'"
    with pytest.raises(UsageError, match=told):
        published_preprocessing(parse_spec("torchvision:resnet5000"))
