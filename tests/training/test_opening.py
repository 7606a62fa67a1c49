import pytest
from PIL import Image

from saliencekit.errors import DataError, UsageError
from saliencekit.preprocessing import Preprocessing
from saliencekit.training import DetectorData, Recipe
from saliencekit.training.augmentation import Augmentation
from saliencekit.training.opening import open_images, recipe_preprocessing
from saliencekit.training.settings import TrainingSettings

ARCH = "saliencekit:small-cnn?width=2"


def opened(data, recipe=None, settings=None, **others):
    recipe = recipe if recipe is not None else Recipe(backbone=ARCH)
    return open_images(data, recipe=recipe, settings=settings or TrainingSettings(), **others)


def test_a_path_is_opened_as_recipe_and_settings_say(squares):
    recipe = Recipe(backbone=ARCH, batch_size=5, flip=0.5, jpeg=60)
    images = opened(squares, recipe, TrainingSettings(cache="none", workers=0, max_unreadable=0.2), seed=4)
    assert (images.preprocessing.size, images.preprocessing.channels) == ((56, 56), 1)
    assert (images.batch_size, images.seed) == (5, 4)
    assert images.augmentation == Augmentation(flip=0.5, jpeg=60)
    assert (images.cache, images.workers, images.max_unreadable) == ("none", 0, 0.2)
    assert images.counts == {"train": 24, "val": 12}


def test_opened_images_are_shared(squares, preprocessing, tmp_path):
    data = DetectorData(squares, preprocessing)
    images = opened(data, Recipe(backbone=ARCH, batch_size=3, noise=0.1), seed=1)
    assert images.split("train") is data.split("train")
    assert (images.batch_size, images.seed, images.augmentation) == (3, 1, Augmentation(noise=0.1))
    with pytest.raises(UsageError, match="`preprocessing` differs from that of the DetectorData"):
        opened(data, preprocessing=Preprocessing())
    with pytest.raises(UsageError, match="`human_maps` belongs to the DetectorData"):
        opened(data, human_maps=tmp_path)


@pytest.mark.parametrize("word", ["cyborg", "hseb", "cyborg-droid"])
def test_a_loss_that_needs_maps_and_finds_none(tmp_path, write_squares, preprocessing, word):
    data = DetectorData(write_squares(tmp_path, maps=False), preprocessing)
    with pytest.raises(DataError, match=f"the loss '{word}' needs human maps, and no training image of .* be used$"):
        opened(data, Recipe(backbone=ARCH, loss=word))
    opened(data, Recipe(backbone=ARCH, loss="hseb", human_entropy=3.0))


def test_a_loss_that_needs_maps_and_finds_none_that_can_be_used(squares):
    for path in squares.parent.glob("train-*-map.png"):
        Image.new("L", (32, 32), 5).save(path)
    with pytest.raises(DataError, match=r"be used; the first that was left out: its human map .* is all one value"):
        opened(squares, Recipe(backbone=ARCH, loss="cyborg"))


def test_several_processes_read_together_later(squares, monkeypatch):
    (squares.parent / "train-00.png").unlink()
    monkeypatch.setenv("WORLD_SIZE", "2")
    opened(squares, settings=TrainingSettings(max_unreadable=0))
    monkeypatch.delenv("WORLD_SIZE")
    opened(squares, settings=TrainingSettings(max_unreadable=0, devices=2))
    with pytest.raises(DataError, match="1 of 24 images"):
        opened(squares, settings=TrainingSettings(max_unreadable=0))


def test_preprocessing_comes_from_backbone_and_recipe():
    dense = "torchvision:densenet121"
    assert recipe_preprocessing(Recipe(backbone=ARCH)).source.startswith("saliencekit")
    plain = recipe_preprocessing(Recipe(backbone=dense))
    assert (plain.size, plain.resize, plain.resize_to) == ((224, 224), "squash", None)
    small = recipe_preprocessing(Recipe(backbone=dense, image_size=112, resize="crop"))
    assert (small.size, small.resize, small.resize_to) == ((112, 112), "crop", 128)  # 256 of 224, as published
    published = recipe_preprocessing(Recipe(backbone=dense, resize="crop"))
    assert (published.size, published.resize_to) == ((224, 224), 256)
    assert "recipe" not in published.source
    assert "recipe" in plain.source
