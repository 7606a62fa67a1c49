import inspect
import json
import subprocess
import sys

import pytest

from saliencekit.errors import UsageError
from saliencekit.losses import LOSSES, CyborgDroidLoss, HsebLoss
from saliencekit.training import Recipe
from saliencekit.training.recipe import LOSS_SETTINGS, LOSS_WORDS


def test_the_words_known_without_torch_are_those_of_the_losses():
    assert set(LOSS_WORDS) == set(LOSSES)
    settings = {name for each in LOSSES.values() for name in inspect.signature(each).parameters}
    assert settings - {"reduction"} <= set(LOSS_SETTINGS)


@pytest.mark.parametrize("what", ["recipe", "named_recipes", "settings"])
def test_no_torch_is_imported_for_a_default(what):
    code = f"import sys; from saliencekit.training.{what} import *; Recipe() if '{what}' == 'recipe' else 0"
    subprocess.run([sys.executable, "-c", f"{code}; sys.exit('torch' in sys.modules)"], check=True)


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
        ({"salience": "score-cam"}, "unknown salience 'score-cam': expected one of auto, cam, grad-cam"),
        ({"resize": "stretch"}, "unknown resize 'stretch'"),
        ({"epochs": 0}, "`epochs` to be at least 1, got 0"),
        ({"epochs": 5, "warm_epochs": 5}, "`warm_epochs` to be 0 to 4, got 5"),
        ({"batch_size": 0}, "`batch_size` to be at least 1, got 0"),
        ({"accumulate": 0}, "`accumulate` to be at least 1, got 0"),
        ({"image_size": 0}, "`image_size` to be at least 1, got 0"),
        ({"lr": 0.0}, "`lr` to be a positive number, got 0.0"),
        ({"lr": float("nan")}, "`lr` to be a positive number, got nan"),
        ({"momentum": -1.0}, "`momentum` to be at least 0, got -1.0"),
        ({"clip": float("inf")}, "`clip` to be at least 0, got inf"),
        ({"flip": 1.5}, "`flip` to be 0 to 1, got 1.5"),
        ({"rotation": 181.0}, "`rotation` to be 0 to 180, got 181.0"),
        ({"jpeg": 0}, "`jpeg` to be 1 to 100, got 0"),
        ({"noise": float("nan")}, "`noise` to be 0 to 1, got nan"),
        ({"crop": 0.0}, "`crop` to be above 0 and at most 1, got 0.0"),
        ({"downscale": 1.1}, "`downscale` to be above 0 and at most 1, got 1.1"),
    ],
)
def test_what_makes_no_sense_is_refused(settings, message):
    with pytest.raises(UsageError, match=message):
        Recipe(**settings)


def test_plain_values_rebuild_it():
    recipe = Recipe(loss="cyborg", alpha="adaptive", epochs=3)
    assert Recipe(**json.loads(json.dumps(recipe.to_dict()))) == recipe
