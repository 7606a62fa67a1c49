"""One run of a sweep: trained, then evaluated; in a form that another process can be sent."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .outcome import EVALUATION, is_finished

if TYPE_CHECKING:
    from ..training.recipe import Recipe
    from ..training.settings import TrainingSettings


@dataclass(frozen=True)
class RunJob:
    """What one run is asked for.

    Parameters
    ----------
    folder
        Where the run lies.
    loss, seed
        Which run of the sweep it is.
    data, recipe, settings, human_maps, weights
        As for :func:`saliencekit.training.train`.
    split
        Split that the run is evaluated on.
    test_data
        What it is evaluated on in place of ``data``, several tables as one.
    allow_outside
        Take paths of the tables that lead out of their folders.
    """

    folder: Path
    loss: str
    seed: int
    data: str
    recipe: Recipe
    settings: TrainingSettings
    human_maps: str | None = None
    weights: str | None = None
    split: str = "test"
    test_data: tuple[str, ...] = ()
    allow_outside: bool = False

    def run(self) -> None:
        """Train it, or go on where it stopped, and evaluate it; what is finished is left as it is."""
        from ..data import open_data
        from ..evaluation import evaluate
        from ..reports.roc import write_roc
        from ..training import train

        if is_finished(self.folder):
            return
        trained = train(
            self.data,
            output=self.folder,
            recipe=self.recipe,
            seed=self.seed,
            settings=self.settings,
            human_maps=self.human_maps,
            weights=self.weights,
            allow_outside=self.allow_outside,
            resume=True,
        )
        evaluate(
            trained.path,
            [open_data(each, allow_outside=self.allow_outside) for each in self.test_data or (self.data,)],
            threshold_data=open_data(self.data, allow_outside=self.allow_outside) if self.test_data else None,
            output=(self.folder / EVALUATION).parent,
            split=self.split,
            device=self.settings.device,
            precision=self.settings.precision,
            workers=self.settings.workers,
            max_unreadable=self.settings.max_unreadable,
            overwrite=True,
            finish=write_roc,
        )
