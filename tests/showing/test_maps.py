import matplotlib
import numpy as np
import pytest
import torch

import saliencekit as sk
from saliencekit.errors import InputError, UsageError
from saliencekit.preprocessing import Preprocessing
from saliencekit.showing.colours import COLORMAPS
from saliencekit.showing.maps import MOST, coloured, entropy_words, show_maps
from saliencekit.showing.overlay import enlarged, overlay
from saliencekit.showing.pictures import as_pictures


def images(count=2, channels=3):
    return torch.rand(count, channels, 16, 16, generator=torch.Generator().manual_seed(0))


def maps(count=2, side=7, seed=1):
    return torch.randn(count, side, side, generator=torch.Generator().manual_seed(seed))


def drawn(figure):
    return [np.asarray(axes.images[0].get_array()) for axes in figure.axes]


def below(figure):
    return [axes.get_xlabel() for axes in figure.axes if axes.get_xlabel()]


def words(figure):
    return [text.get_text() for text in figure.texts]


def test_images_above_overlays_column_by_column():
    first, over, second, _, _ = drawn(show_maps(images(), maps()))
    pictures = as_pictures(images())
    np.testing.assert_array_equal(first, pictures[0])
    np.testing.assert_array_equal(second, pictures[1])
    np.testing.assert_array_equal(over, overlay(enlarged(pictures[0]), maps()[0].numpy()))


def test_cells_of_a_map_are_shown_as_they_are():
    """From dark to light by the value of each cell, in the shape of the grid."""
    values = torch.tensor([[[0.0, 1.0, 2.0], [4.0, 3.0, 2.0]]])
    cells, _ = drawn(show_maps(images(1), values, rows=["map"]))
    assert cells.shape == (2, 3, 3)
    expected = matplotlib.colormaps["viridis"]([[0.0, 0.25, 0.5], [1.0, 0.75, 0.5]])[..., :3] * 255
    np.testing.assert_array_equal(cells, expected.round())


def test_entropy_is_below_each_map_and_of_a_uniform_one_below_all():
    values = torch.stack([torch.eye(7), torch.full((7, 7), 3.0), torch.full((7, 7), torch.nan)])
    figure = show_maps(images(3), values)
    assert below(figure) == ["1.95 nats", "flat map", "not finite"]  # ln 7
    assert "uniform map: 3.89 nats (7×7)" in words(figure)  # ln 49
    assert entropy_words(maps()) == [f"{float(each):.2f} nats" for each in sk.cam_entropy(maps())]


def test_each_own_scale():
    values = torch.stack([torch.eye(4), 10 * torch.eye(4)])
    figure = show_maps(images(), values, rows=["map"])
    one, other, _ = drawn(figure)
    np.testing.assert_array_equal(one, other)
    assert {"lowest", "highest cell of each map"} <= set(words(figure))


def test_one_shared_scale():
    values = torch.stack([torch.eye(4), 10 * torch.eye(4)])
    figure = show_maps(images(), values, rows=["map"], scale="shared")
    one, other, _ = drawn(figure)
    np.testing.assert_array_equal(one[0, 0], np.rint(np.array(matplotlib.colormaps["viridis"](0.1)[:3]) * 255))
    np.testing.assert_array_equal(other[0, 0], np.rint(np.array(matplotlib.colormaps["viridis"](1.0)[:3]) * 255))
    assert {"0", "10, the same for all maps"} <= set(words(figure))


def test_a_shared_scale_of_what_has_no_range_or_is_not_finite():
    values = torch.stack([torch.full((2, 2), -3.0), torch.full((2, 2), torch.nan)])
    figure = show_maps(images(), values, rows=["map", "overlay"], scale="shared")
    assert figure._repr_png_()
    assert below(figure) == ["flat map", "not finite"]
    assert show_maps(images(1), torch.full((1, 2, 2), torch.inf), scale="shared")._repr_png_()


def test_several_kinds_of_maps():
    kinds = {"grad-cam": maps(), "score-cam": 100 * maps(side=3)}
    figure = show_maps(images(), kinds, rows=["image", "overlay", "map"], titles=["a", "b"])
    assert len(figure.axes) == 2 * (1 + 2 * 2) + 1
    assert len(below(figure)) == 2 * 2  # once a map
    names = ["grad-cam overlay", "grad-cam map", "score-cam overlay", "score-cam map"]
    assert [each for each in words(figure) if each in names] == names
    assert "uniform map: 3.89 nats (7×7), 2.20 nats (3×3)" in words(figure)
    shared = words(show_maps(images(), kinds, scale="shared", rows=["map"]))
    low, high = float(maps().min()), float(maps().max())
    assert f"grad-cam: {low:.3g} to {high:.3g}, the same for all its maps".replace("-", "\u2212", 2).replace(
        "grad\u2212", "grad-"
    ) in [each.replace("grad\u2212", "grad-") for each in shared]


def test_titles_heading_and_lines():
    figure = show_maps(images(5), maps(5), titles=list("abcde"), heading="epoch 3", per_line=2, rows=["overlay"])
    assert words(figure)[:6] == ["epoch 3", *"abcde"]
    lefts = [round(axes.get_position().x0, 3) for axes in figure.axes[:5]]
    assert len(set(lefts)) == 2


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("colormap", COLORMAPS)
def test_all_channels_and_colours(channels, colormap):
    halves = torch.tensor([[[0.0, 0.0, 1.0, 1.0]]])
    over = drawn(show_maps(images(1, channels), halves, colormap=colormap, strength=1.0))[1]
    ends = np.rint(np.array(matplotlib.colormaps[colormap]([0.0, 1.0]))[:, :3] * 255)
    assert (over[:, 0] == ends[0]).all()
    assert (over[:, -1] == ends[1]).all()


def test_normalised_images_are_undone():
    normalised = (images() - 0.5) / 0.25
    plain = Preprocessing(mean=(0.5,) * 3, std=(0.25,) * 3)
    undone, expected = drawn(show_maps(normalised, maps(), preprocessing=plain)), drawn(show_maps(images(), maps()))
    for one, other in zip(undone, expected, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int64, torch.bool, torch.float16, torch.float64])
def test_maps_of_any_kind_of_number(dtype):
    values = (maps() > 0).to(dtype)
    assert len(below(show_maps(images(), values))) == 2


def test_maps_that_are_being_trained_on_are_not_touched():
    trained = maps().requires_grad_()
    show_maps(images().requires_grad_(), trained)
    assert trained.grad is None
    trained.sum().backward()


def test_coloured_is_in_range():
    assert coloured(np.array([[5.0, 7.0]]), limits=(0.0, 10.0)).shape == (1, 2, 3)


@pytest.mark.parametrize(
    ("given", "settings", "error", "message"),
    [
        ((images(), [1]), {}, InputError, "expected `maps` of shape .* got no tensor but list"),
        ((images(), torch.zeros(7, 7)), {}, InputError, r"expected `maps` of shape \(N, h, w\), got \(7, 7\)"),
        ((images(), torch.zeros(2, 0, 7)), {}, InputError, r"got \(2, 0, 7\)"),
        ((images(), maps(3)), {}, InputError, "one map for each of 2 images, got 3"),
        ((images(), maps().to(torch.complex64)), {}, InputError, "real numbers, got torch.complex64"),
        ((images(), {"cam": "x"}), {}, InputError, r"`maps\['cam'\]` of shape \(N, h, w\), got no tensor but str"),
        ((images(), {}), {}, InputError, "at least one kind, got none"),
        ((images(MOST + 1), maps(MOST + 1)), {}, InputError, "at most 64 `images` in a figure, got 65"),
        ((images(), maps()), {"titles": ["a"]}, InputError, "one line for each of 2 images, got 1"),
        ((images() * 9, maps()), {}, InputError, r"expected float `images` in \[0, 1\]"),
        ((images(), maps()), {"rows": []}, UsageError, "expected `rows` to list some of image, overlay, map"),
        ((images(), maps()), {"rows": "map"}, UsageError, "expected `rows` to list some of .* got 'map'"),
        ((images(), maps()), {"rows": ["maps"]}, UsageError, "unknown row 'maps': .* did you mean 'map'"),
        ((images(), maps()), {"scale": "same"}, UsageError, "unknown scale 'same': expected one of own, shared"),
        ((images(), maps()), {"colormap": "jet"}, UsageError, "unknown colormap 'jet'"),
        ((images(), maps()), {"strength": 1.5}, UsageError, "`strength` between 0 and 1, got 1.5"),
        ((images(), maps()), {"per_line": 0}, UsageError, "`per_line` of at least 1"),
        ((images(), maps()), {"size": 0.0}, UsageError, "a positive `size`"),
    ],
)
def test_bad_input(given, settings, error, message):
    with pytest.raises(error, match=message):
        show_maps(*given, **settings)
