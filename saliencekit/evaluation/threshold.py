"""Where an image begins to count as synthetic, and where that number was taken from."""

from __future__ import annotations

from dataclasses import dataclass

from ..data import Failure
from ..errors import InputError
from .settings import Rule
from .trials import Trials

UNINFORMED = 0.5


@dataclass(frozen=True)
class Threshold:
    """A threshold of the score and its origin.

    Parameters
    ----------
    value
        In [0, 1]; an image whose score is at or above it counts as synthetic.
    taken_from
        In words: ``"given"``, the split and the rule, or why it is .5.
    scored
        How many images it rests on.
    skipped
        Images of that split that could not be read.
    """

    value: float
    taken_from: str
    scored: int = 0
    skipped: tuple[Failure, ...] = ()

    @property
    def skipped_share(self) -> float:
        """Share of the split's images that could not be read."""
        return len(self.skipped) / max(1, self.scored + len(self.skipped))


def best_threshold(trials: Trials, rule: Rule) -> float:
    """Return the threshold that suits a set best, half-way between the two scores that it parts.

    Parameters
    ----------
    trials
        The validation images; their own threshold is not looked at.
    rule
        ``"balanced-accuracy"``: where the mean of both rates of right answers is highest. ``"eer"``: where misses
        and false alarms differ least. Of several such, the one where the two rates differ least, then where their sum
        is least, then the highest.

    Returns
    -------
    float
        In [0, 1]. At least the image with the highest score counts as synthetic.

    Raises
    ------
    InputError
        If a class is missing.

    Examples
    --------
    >>> import torch
    >>> scores = torch.tensor([0.1, 0.3, 0.6, 0.8], dtype=torch.float64)
    >>> round(best_threshold(Trials("val", scores, scores, scores > 0.5, 0.5), "balanced-accuracy"), 6)
    0.45
    """
    if not (trials.real and trials.fake):
        raise InputError(f"a threshold needs both classes, got {trials.real} real and {trials.fake} synthetic images")
    thresholds, hits, alarms = trials.curve
    # In counts times the other class's number: whole numbers, so that ties are ties.
    missed, called = (trials.fake - hits) * trials.real, alarms * trials.fake
    wrong, apart = missed + called, (missed - called).abs()
    keys = (wrong, apart) if rule == "balanced-accuracy" else (apart, wrong)
    best = (keys[0] == keys[0].min()).nonzero()[:, 0]
    place = int(best[keys[1][best].argmin()])
    upper = float(thresholds[place])
    lower = float(thresholds[place + 1]) if place + 1 < len(thresholds) else 0.0
    middle = (upper + lower) / 2
    return middle if middle > lower else upper
