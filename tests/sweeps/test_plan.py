from pathlib import Path

import pytest

from saliencekit.errors import UsageError
from saliencekit.sweeps.plan import Plan, recipe_for, settings_of, words_of
from saliencekit.training.recipe import LOSS_WORDS, Recipe


def plan(**changes):
    usual = {"data": "faces", "folder": Path("out"), "losses": ("cyborg",), "seeds": (0,), "recipe": Recipe()}
    return Plan(**{**usual, **changes})


def test_words():
    assert words_of(["a, b", "c"]) == ("a", "b", "c")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"losses": ()}, "a sweep needs at least one loss"),
        ({"seeds": ()}, "a sweep needs at least one seed"),
        ({"losses": ("droid", "droid")}, "the loss droid is given twice"),
        ({"seeds": (1, 1)}, "the seed 1 is given twice"),
        ({"losses": ("droit",)}, "unknown loss 'droit'.*did you mean 'droid'"),
        ({"baseline": "ce"}, "unknown baseline 'ce'"),
        ({"recipe": Recipe(loss="droid", offset=1.0)}, "none of the losses cyborg has the setting `offset`"),
    ],
)
def test_what_makes_no_sense_is_refused(changes, sentence):
    with pytest.raises(UsageError, match=sentence):
        plan(**changes)


def test_every_loss_can_be_made_of_every_recipe():
    for base in LOSS_WORDS:
        recipe = Recipe(loss=base, **({"alpha": 0.25} if "alpha" in settings_of(base) else {}))
        for loss in LOSS_WORDS:
            found = recipe_for(recipe, loss)
            assert found.loss == loss
            assert found.alpha == (recipe.alpha if "alpha" in settings_of(loss) else None)
            found.build_loss()


def test_jobs_are_seed_by_seed_each_with_a_folder_of_its_own():
    jobs = plan(losses=("cyborg", "droid"), seeds=(4, 2)).jobs()
    assert [(job.seed, job.loss) for job in jobs] == [(4, "cyborg"), (4, "droid"), (2, "cyborg"), (2, "droid")]
    assert jobs[1].folder == Path("out/droid/seed-4")
    assert {job.recipe.loss for job in jobs} == {"cyborg", "droid"}


def test_losses_and_seeds_may_be_added_and_nothing_else():
    first = plan().deciding()
    assert plan(losses=("droid", "cyborg"), seeds=(0, 1), baseline="droid").deciding() == first
    assert plan(recipe=Recipe(epochs=3)).deciding() != first
    assert plan(weights="w.pt").deciding() != first
