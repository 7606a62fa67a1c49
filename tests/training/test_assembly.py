from pathlib import Path

import pytest
import torch

from saliencekit.errors import DataError, UsageError
from saliencekit.preprocessing import Preprocessing
from saliencekit.training import DetectorData, Recipe
from saliencekit.training.assembly import fresh_module, open_images, recorded_source

ARCH = "saliencekit:small-cnn?width=2"


def opened(data, recipe, *, preprocessing=None, seed=0):
    return open_images(data, arch=ARCH, preprocessing=preprocessing, recipe=recipe, seed=seed)


def test_a_path_is_opened_as_the_architecture_takes_it(squares):
    images = opened(squares, Recipe(batch_size=5), seed=4)
    assert (images.preprocessing.size, images.preprocessing.channels) == ((56, 56), 1)
    assert (images.batch_size, images.seed) == (5, 4)


def test_opened_images_are_shared(squares, preprocessing):
    data = DetectorData(squares, preprocessing)
    assert opened(data, Recipe(), seed=1).split("train") is data.split("train")
    with pytest.raises(UsageError, match="differs from that of the DetectorData"):
        opened(data, Recipe(), preprocessing=Preprocessing())


@pytest.mark.parametrize("word", ["cyborg", "hseb", "cyborg-droid"])
def test_a_loss_that_needs_maps_and_finds_none(tmp_path, write_squares, preprocessing, word):
    data = DetectorData(write_squares(tmp_path, maps=False), preprocessing)
    with pytest.raises(DataError, match=f"the loss '{word}' needs human maps, and no training image"):
        opened(data, Recipe(loss=word))
    opened(data, Recipe(loss="hseb", human_entropy=3.0))


def test_weights_come_from_the_seed(squares, preprocessing):
    images = DetectorData(squares, preprocessing)

    def weights(seed):
        return fresh_module(images, arch=ARCH, recipe=Recipe(), seed=seed).model.head.weight

    assert torch.equal(weights(0), weights(0))
    assert not torch.equal(weights(0), weights(1))


def test_a_fresh_network_is_in_training_mode_with_its_head(squares, preprocessing):
    images = DetectorData(squares, preprocessing)
    module = fresh_module(images, arch=ARCH, recipe=Recipe(), seed=0)
    assert all(each.training for each in module.model.modules())
    assert module.model.head.out_features == 2
    single = fresh_module(images, arch=ARCH, recipe=Recipe(one_logit=True), seed=0)
    assert single.model.head.out_features == 1


def test_one_logit_for_three_classes_is_refused(squares, preprocessing):
    text = squares.read_text().replace("train-00.png,real", "train-00.png,2")
    squares.write_text(text.replace(",real", ",0").replace(",fake", ",1"))
    with pytest.raises(UsageError, match=r"one logit tells two classes apart, and .* has 3"):
        fresh_module(DetectorData(squares, preprocessing), arch=ARCH, recipe=Recipe(one_logit=True), seed=0)


def test_sources_are_relative_within_one_tree(tmp_path, monkeypatch):
    assert recorded_source(str(tmp_path / "faces"), tmp_path / "runs" / "a") == "../../faces"
    monkeypatch.chdir(tmp_path)
    assert recorded_source("faces", Path("runs")) == "../faces"
