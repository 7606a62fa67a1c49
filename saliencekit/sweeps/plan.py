"""What a sweep is asked for: losses and seeds of one recipe, over one set of data. No torch here."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._version import __version__
from ..errors import UsageError, one_of
from ..training.recipe import LOSS_SETTINGS, LOSS_WORDS, Recipe
from ..training.settings import TrainingSettings
from .outcome import run_folder

if TYPE_CHECKING:
    from .job import RunJob

AS_USUAL = TrainingSettings()


@dataclass(frozen=True)
class Plan:
    """A sweep before it is run.

    Parameters
    ----------
    data
        Manifest or folder.
    folder
        Where the sweep lies.
    losses, seeds
        Each loss is trained once with each seed.
    recipe
        Of all runs, but for the loss. A setting of a loss (``alpha``, ``offset``, ...) reaches those losses that
        have it.
    settings, human_maps, weights
        As for :func:`saliencekit.training.train`.
    split
        Split that the runs are evaluated on.
    test_data
        What they are evaluated on in place of ``data``: one table, or several as one.
    allow_outside
        Take paths of the tables that lead out of their folders.
    baseline
        The loss that the others are compared with.

    Raises
    ------
    UsageError
        If a loss is unknown, if losses or seeds are given twice or not at all, or if no loss has a setting.
    """

    data: str
    folder: Path
    losses: tuple[str, ...]
    seeds: tuple[int, ...]
    recipe: Recipe
    settings: TrainingSettings = AS_USUAL
    human_maps: str | None = None
    weights: str | None = None
    split: str = "test"
    test_data: tuple[str, ...] = ()
    allow_outside: bool = False
    baseline: str = "cross-entropy"

    def __post_init__(self) -> None:
        for what, given in (("loss", self.losses), ("seed", self.seeds)):
            if not given:
                raise UsageError(f"a sweep needs at least one {what}")
            twice = sorted({str(each) for each in given if list(given).count(each) > 1})
            if twice:
                raise UsageError(f"the {what} {twice[0]} is given twice")
        for loss in self.losses:
            one_of(loss, LOSS_WORDS, "loss")
        one_of(self.baseline, LOSS_WORDS, "baseline")
        for name in LOSS_SETTINGS:
            if getattr(self.recipe, name) is not None and not any(name in settings_of(loss) for loss in self.losses):
                raise UsageError(f"none of the losses {', '.join(self.losses)} has the setting `{name}`")

    def jobs(self) -> list[RunJob]:
        """Return every run, seed by seed, so that a sweep that is cut short has all losses of its first seeds."""
        from .job import RunJob

        return [
            RunJob(
                folder=run_folder(self.folder, loss, seed),
                loss=loss,
                seed=seed,
                data=self.data,
                recipe=recipe_for(self.recipe, loss),
                settings=self.settings,
                human_maps=self.human_maps,
                weights=self.weights,
                split=self.split,
                test_data=self.test_data,
                allow_outside=self.allow_outside,
            )
            for seed in self.seeds
            for loss in self.losses
        ]

    @property
    def looked_at(self) -> str:
        """The source whose images are audited and shown as examples."""
        return self.test_data[0] if self.test_data else self.data

    def account(self) -> dict[str, Any]:
        """Return everything that was asked for, as plain values."""
        recipe = self.recipe.to_dict()
        return {
            "saliencekit": __version__,
            "data": self.data,
            "split": self.split,
            "test_data": list(self.test_data),
            "human_maps": self.human_maps,
            "weights": self.weights,
            "losses": list(self.losses),
            "seeds": list(self.seeds),
            "baseline": self.baseline,
            "recipe": {name: value for name, value in recipe.items() if name != "loss"},
            "settings": self.settings.to_dict(),
        }

    def deciding(self) -> dict[str, Any]:
        """Return what a sweep in the same folder must share; losses and seeds may be added."""
        account = self.account()
        fixed = {name: account[name] for name in ("split", "test_data", "human_maps", "weights")}
        fixed |= {f"recipe.{name}": value for name, value in account["recipe"].items()}
        return fixed | {f"settings.{name}": value for name, value in self.settings.deciding().items()}


def settings_of(loss: str) -> frozenset[str]:
    """Return the settings that a loss has, of those that a recipe names.

    >>> sorted(settings_of("droid")), sorted(settings_of("cross-entropy"))
    (['alpha', 'offset'], [])
    """
    from ..losses import loss_class

    return frozenset(LOSS_SETTINGS) & frozenset(inspect.signature(loss_class(loss)).parameters)


def recipe_for(recipe: Recipe, loss: str) -> Recipe:
    """Return the recipe with another loss; settings that this loss does not have are left out.

    >>> found = recipe_for(Recipe(loss="droid", offset=1.0, alpha=0.3), "cyborg")
    >>> found.loss, found.alpha, found.offset
    ('cyborg', 0.3, None)
    """
    lacking = {name: None for name in LOSS_SETTINGS if name not in settings_of(loss)}
    return replace(recipe, loss=loss, **lacking)  # type: ignore[arg-type]


def words_of(text: Sequence[str]) -> tuple[str, ...]:
    """Return words that are given one by one or by commas.

    >>> words_of(["cyborg,droid", "hseb"])
    ('cyborg', 'droid', 'hseb')
    """
    return tuple(word.strip() for part in text for word in part.split(",") if word.strip())
