import numpy as np
import pytest
import torch
from PIL import Image

from saliencekit.functional.entropy import cam_entropy
from saliencekit.training import DetectorData, Recipe, TrainingSettings, train
from saliencekit.training.assembly import fresh_module
from saliencekit.training.figures import TIMES
from saliencekit.training.pictures import Looks, Shown, choose, draw, look

QUICK = Recipe(backbone="saliencekit:small-cnn?width=2", loss="droid", lr=0.05, epochs=5, batch_size=8)


@pytest.fixture
def data(squares, preprocessing):
    return DetectorData(squares, preprocessing)


def settings(every):
    return TrainingSettings(device="cpu", maps_every=every)


def test_pictures_come_every_few_epochs_and_at_the_end(tmp_path, data):
    train(data, recipe=QUICK, output=tmp_path, settings=settings(2))
    assert sorted(each.name for each in (tmp_path / "maps").iterdir()) == [
        *("epoch-001.png", "epoch-003.png", "epoch-004.png")
    ]
    for path in (tmp_path / "maps").iterdir():
        with Image.open(path) as picture:
            assert picture.width > picture.height > 200


def test_a_run_is_the_same_with_pictures_and_without(tmp_path, data):
    drawn = train(data, recipe=QUICK, output=tmp_path / "a", settings=settings(1))
    plain = train(data, recipe=QUICK, output=tmp_path / "b", settings=settings(0))
    assert not (tmp_path / "b" / "maps").exists()
    for one, other in zip(drawn.history, plain.history, strict=True):
        assert {**one, **dict.fromkeys(TIMES)} == {**other, **dict.fromkeys(TIMES)}


def test_images_of_every_class_spread_over_the_split(data):
    shown = choose(data)
    assert shown.labels.tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
    assert shown.pixels.shape == (8, 1, 32, 32)
    assert [each is not None for each in shown.human_maps] == [False] * 4 + [True] * 4
    files = data.split("val").kept
    ones = files.images[files.labels == 1]
    assert torch.equal(shown.pixels[4:], ones[[0, 1, 3, 4]])  # of six


def test_an_image_that_cannot_be_read_gives_way_to_the_next(data, squares):
    before = choose(data)
    (squares.parent / "val-01.png").unlink()  # the first fake
    after = choose(data)
    assert len(after.labels) == 8
    assert not torch.equal(before.pixels[4], after.pixels[4])


def test_looking_leaves_the_network_as_it_was(data):
    module = fresh_module(data, recipe=QUICK, settings=settings(1), seed=0)
    next(module.model.children()).eval()  # as a frozen batch norm is
    modes = [each.training for each in module.model.modules()]
    state = {name: value.clone() for name, value in module.model.state_dict().items()}
    random = torch.get_rng_state()
    looks = look(module, choose(data), data)
    assert [each.training for each in module.model.modules()] == modes
    assert all(torch.equal(value, module.model.state_dict()[name]) for name, value in state.items())
    assert torch.equal(torch.get_rng_state(), random)
    assert torch.equal(looks.entropy, cam_entropy(looks.maps))
    again = look(module, choose(data), data)
    assert torch.equal(looks.maps, again.maps)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("human", [True, False])
def test_the_map_is_bright_where_the_network_looks(tmp_path, channels, human):
    """A map with a bright middle: yellow there, dark blue elsewhere, over a black image."""
    maps = torch.zeros(2, 4, 4)
    maps[:, 1:3, 1:3] = 1.0
    shown = Shown(
        torch.zeros(2, channels, 16, 16, dtype=torch.uint8),
        torch.tensor([0, 1]),
        (None, torch.ones(16, 16, dtype=torch.uint8).tril()) if human else (None, None),
    )
    looks = Looks(maps, cam_entropy(maps), torch.tensor([0, 0]))
    draw(tmp_path / "a.png", shown, looks, title="$x$ epoch", classes=("real", "fa$ke$"))
    with Image.open(tmp_path / "a.png") as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(int)
        assert picture.height > 300 + 100 * human
    yellow = (pixels[..., 0] > 100) & (pixels[..., 1] > 100) & (pixels[..., 2] < 60)
    blue = (pixels[..., 2] > pixels[..., 0]) & (pixels[..., 2] > pixels[..., 1]) & (pixels[..., 2] > 30)
    assert 0 < yellow.sum() < blue.sum()


def test_constant_maps_are_drawn(tmp_path):
    shown = Shown(torch.full((1, 1, 8, 8), 7, dtype=torch.uint8), torch.tensor([0]), (None,))
    draw(tmp_path / "a.png", shown, Looks(torch.ones(1, 2, 2), torch.ones(1), torch.tensor([0])), title="", classes="a")
    assert (tmp_path / "a.png").stat().st_size > 0
