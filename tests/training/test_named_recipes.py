import pytest

from saliencekit.errors import UsageError
from saliencekit.training import RECIPES, recipe_named
from saliencekit.training.named_recipes import recipe_from


def test_the_papers_recipes():
    cyborg, droid = RECIPES["cyborg"], RECIPES["droid"]
    assert (cyborg.lr, cyborg.epochs, cyborg.schedule, cyborg.step_epochs, cyborg.step_factor) == (
        (0.005, 50, "step", 12, 0.1)
    )
    assert (droid.lr, droid.epochs, droid.schedule) == (0.002, 150, "constant")
    for recipe in (cyborg, droid):
        assert (recipe.optimizer, recipe.momentum, recipe.weight_decay) == ("sgd", 0.9, 1e-6)
        assert (recipe.batch_size, recipe.target, recipe.resize) == (20, "predicted", "squash")
        assert (recipe.backbone, recipe.image_size) == ("torchvision:densenet121", None)
        assert (recipe.accumulate, recipe.clip) == (1, 0.0)
        assert recipe.build_loss().alpha == 0.5


@pytest.mark.parametrize("word", ["cyborg", "droid", "small-cnn"])
def test_the_papers_do_not_augment(word):
    recipe = recipe_named(word)
    off = (recipe.flip, recipe.crop, recipe.rotation, recipe.jpeg, recipe.blur, recipe.downscale, recipe.noise)
    assert off == (0, 1, 0, 100, 0, 1, 0)


def test_recipes_by_name():
    assert sorted(RECIPES) == ["cyborg", "droid", "small-cnn"]
    assert len(RECIPES) == 3
    assert RECIPES["droid"] == recipe_named("droid")
    with pytest.raises(UsageError, match=r"unknown recipe 'dorid': expected one of cyborg, droid, small-cnn; did you"):
        recipe_named("dorid")


def test_an_unknown_key_names_its_file():
    with pytest.raises(UsageError, match=r"unknown key of mine.toml 'learning_rate'"):
        recipe_from({"learning_rate": 1.0}, "mine.toml")
