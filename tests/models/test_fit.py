import pytest

from saliencekit.models.fit import Fit, fit
from saliencekit.models.skeleton import skeleton
from saliencekit.models.spec import parse_spec

SMALL = parse_spec("saliencekit:small-cnn?width=2")


@pytest.fixture
def shapes() -> dict[str, tuple[int, ...]]:
    """Names and shapes of a small network with three classes."""
    return {**skeleton(SMALL).shapes, "head.weight": (3, 16), "head.bias": (3,)}


def test_all_there_is_a_good_fit_of_likeness_one(shapes: dict[str, tuple[int, ...]]) -> None:
    found = fit(SMALL, shapes)
    assert found.good
    assert (found.num_classes, found.likeness, found.common) == (3, 1.0, len(shapes))


def test_counters_may_be_missing(shapes: dict[str, tuple[int, ...]]) -> None:
    without = {name: shape for name, shape in shapes.items() if "num_batches" not in name}
    assert len(without) < len(shapes)
    assert fit(SMALL, without).good


def test_differences_are_named(shapes: dict[str, tuple[int, ...]]) -> None:
    shapes["extra.weight"] = (1,)
    shapes["features.0.1.bias"] = (5,)
    del shapes["features.2.0.weight"]
    found = fit(SMALL, shapes)
    assert not found.good
    assert found.difference() == (
        "missing features.2.0.weight; unexpected extra.weight; "
        "of another shape features.0.1.bias (5,) where (2,) is expected"
    )
    assert found.likeness == pytest.approx(24 / 27)


def test_long_lists_are_cut() -> None:
    found = Fit(SMALL, None, {}, tuple("abcde"), (), (), (), 0)
    assert found.difference() == "missing a, b, c and 2 more"
    assert found.likeness == 0


def test_nothing_in_common_is_no_fit() -> None:
    found = fit(SMALL, {"a": (1,)}, allow_missing=["*"])
    assert not found.good
    assert found.num_classes is None
    assert found.difference() == "unexpected a"


def test_patterns_allow_names_to_be_missing(shapes: dict[str, tuple[int, ...]]) -> None:
    del shapes["features.0.1.bias"], shapes["features.0.1.weight"]
    found = fit(SMALL, shapes, allow_missing=["features.0.1.*"])
    assert found.good
    assert found.allowed == ("features.0.1.weight", "features.0.1.bias")
    assert not fit(SMALL, shapes, allow_missing=["features.0.1.b*"]).good


def test_image_channels_are_read_from_the_first_convolution(shapes: dict[str, tuple[int, ...]]) -> None:
    found = fit(SMALL, {**shapes, "features.0.0.weight": (2, 3, 3, 3)})
    assert found.good
    assert found.spec.option("in_channels", 0) == 3
    assert not fit(SMALL, {**shapes, "features.0.0.weight": (2, 3, 5, 5)}).good


def test_a_head_of_dropout_and_one_linear_layer_is_seen_through(shapes: dict[str, tuple[int, ...]]) -> None:
    weight, bias = shapes.pop("head.weight"), shapes.pop("head.bias")
    found = fit(SMALL, {**shapes, "head.1.weight": weight, "head.1.bias": bias})
    assert found.good
    assert found.names["head.1.weight"] == "head.weight"
    two = {**shapes, "head.0.weight": (16, 16), "head.0.bias": (16,), "head.2.weight": weight, "head.2.bias": bias}
    assert not fit(SMALL, two).good
