import json

import pytest

from saliencekit.errors import UsageError
from saliencekit.losses import LOSSES, CyborgDroidLoss, HsebLoss
from saliencekit.training import RECIPES, Recipe


def test_the_papers_recipes():
    cyborg, droid = RECIPES["cyborg"], RECIPES["droid"]
    assert (cyborg.lr, cyborg.epochs, cyborg.schedule, cyborg.step_epochs, cyborg.step_factor) == (
        (0.005, 50, "step", 12, 0.1)
    )
    assert (droid.lr, droid.epochs, droid.schedule) == (0.002, 150, "constant")
    for recipe in (cyborg, droid):
        assert (recipe.optimizer, recipe.momentum, recipe.weight_decay) == ("sgd", 0.9, 1e-6)
        assert (recipe.batch_size, recipe.target) == (20, "predicted")
        assert recipe.build_loss().alpha == 0.5


@pytest.mark.parametrize("word", sorted(LOSSES))
def test_every_loss_has_its_papers_weights_unless_told(word):
    assert repr(Recipe(loss=word).build_loss()) == repr(LOSSES[word]())


def test_settings_reach_the_loss():
    loss = Recipe(loss="cyborg-droid", alpha=0.1, beta=0.2, gamma=0.3, offset=1.0).build_loss()
    assert repr(loss) == repr(CyborgDroidLoss(alpha=0.1, beta=0.2, gamma=0.3, offset=1.0))
    assert Recipe(loss="cyborg", alpha="adaptive").build_loss().alpha == "adaptive"
    assert repr(Recipe(loss="hseb", human_entropy=3.0).build_loss()) == repr(HsebLoss(human_entropy=3.0))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"loss": "dorid"}, "unknown loss 'dorid'"),
        ({"loss": "cross-entropy", "alpha": 0.5}, "the loss 'cross-entropy' has no setting `alpha`"),
        ({"loss": "droid", "beta": 0.3}, "no setting `beta`; these have: cyborg-droid"),
        ({"loss": "droid", "alpha": 2.0}, r"`alpha` to be a number in \[0, 1\], got 2.0"),
        ({"optimizer": "sdg"}, "unknown optimizer 'sdg'"),
        ({"schedule": "cosin"}, "unknown schedule 'cosin'"),
        ({"target": "true"}, "unknown target 'true'"),
        ({"epochs": 0}, "`epochs` to be at least 1, got 0"),
        ({"epochs": 5, "warm_epochs": 5}, "`warm_epochs` to be 0 to 4, got 5"),
        ({"batch_size": 0}, "`batch_size` to be at least 1, got 0"),
        ({"lr": 0.0}, "`lr` to be a positive number, got 0.0"),
        ({"lr": float("nan")}, "`lr` to be a positive number, got nan"),
        ({"momentum": -1.0}, "`momentum` to be at least 0, got -1.0"),
    ],
)
def test_what_makes_no_sense_is_refused(settings, message):
    with pytest.raises(UsageError, match=message):
        Recipe(**settings)


def test_plain_values_rebuild_it():
    recipe = Recipe(loss="cyborg", alpha="adaptive", epochs=3)
    assert Recipe(**json.loads(json.dumps(recipe.to_dict()))) == recipe
