"""The head of a sweep's page: what was trained, on what, and what it takes to do it again."""

from pathlib import Path

import pytest

from saliencekit.sweeps.facts import facts, lede, settings
from saliencekit.sweeps.plan import Plan
from saliencekit.training.recipe import Recipe
from saliencekit.training.settings import TrainingSettings


@pytest.fixture
def account():
    def made(*, recipe=None, **given):
        return Plan(
            data="faces.csv",
            folder=Path("sweep"),
            losses=("cross-entropy", "droid"),
            seeds=(0, 3),
            recipe=recipe or Recipe(backbone="saliencekit:small-cnn", epochs=2),
            settings=TrainingSettings(device="cpu"),
            **given,
        ).account()

    return made


def rows(found):
    return {name: values for part in found for name, values in part.rows}


def test_a_sentence_says_what_was_trained_on_what(account):
    assert lede(account()) == (
        "Each loss trained saliencekit:small-cnn from each seed, for 2 epochs on the same images; the figures are of "
        "the test split, which took no part in the training."
    )
    assert "for 1 epoch on" in lede(account(recipe=Recipe(epochs=1)))


def test_what_was_not_given_is_said_in_words(account):
    found = rows(facts(account()))
    assert found["evaluated on"] == ("split test",)
    assert found["human maps"] == ("as the data name them",)
    assert found["begun from"] == ("weights drawn from the seed",)
    assert (found["losses"], found["seeds"], found["baseline"]) == (
        ("cross-entropy", "droid"),
        ("0", "3"),
        ("cross-entropy",),
    )
    assert "image size" not in found  # None: that of the backbone


def test_what_was_given_is_named(account):
    found = rows(facts(account(test_data=("a.csv", "b.csv"), human_maps="maps", weights="w.pt")))
    assert found["evaluated on"] == ("split test", "a.csv", "b.csv")
    assert (found["human maps"], found["begun from"]) == (("maps",), ("w.pt",))
    published = account(recipe=Recipe(backbone="torchvision:resnet50", pretrained=True))
    assert rows(facts(published))["begun from"] == ("published weights",)


def test_the_whole_recipe_is_there_to_do_it_again(account):
    plain = account()
    found = rows(settings(plain))
    for name in plain["recipe"]:
        assert name.replace("_", " ") in found
    assert found["saliencekit"] == (plain["saliencekit"],)
    assert "loss" not in found
