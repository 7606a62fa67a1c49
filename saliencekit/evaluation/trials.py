"""Scores of real images against scores of synthetic ones: what every figure is computed from, one set at a time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from ..functional.curves import curve_counts, tie_ends
from .scores import Scores


@dataclass(frozen=True)
class Trials:
    """One set of images, the real ones first: resamples rely on it.

    Parameters
    ----------
    name
        What the synthetic images are called: their generator.
    scores
        (n,) float64, 0 to 1; from ``threshold`` on an image counts as synthetic.
    probabilities
        (n,) float64: of being synthetic, as the network was trained to say.
    labels
        (n,) bool: synthetic.
    threshold
        In [0, 1].
    """

    name: str
    scores: Tensor
    probabilities: Tensor
    labels: Tensor
    threshold: float

    @property
    def real(self) -> int:
        """Number of real images."""
        return len(self.labels) - self.fake

    @property
    def fake(self) -> int:
        """Number of synthetic images."""
        return int(self.labels.sum())

    @cached_property
    def curve(self) -> tuple[Tensor, Tensor, Tensor]:
        """Thresholds, hits and alarms."""
        return curve_counts(self.scores, self.labels)

    @cached_property
    def called(self) -> Tensor:
        """(n,) bool: the score is at or above the threshold."""
        return self.scores >= self.threshold

    @cached_property
    def order(self) -> Tensor:
        """(n,): places of the images, the highest score first."""
        return self.scores.argsort(descending=True, stable=True)

    @cached_property
    def ordered_labels(self) -> Tensor:
        """Labels in that order."""
        return self.labels[self.order]

    @cached_property
    def ends(self) -> Tensor:
        """Places, in that order, of the last of each run of equal scores."""
        return tie_ends(self.scores[self.order])

    @cached_property
    def residuals(self) -> Tensor:
        """(n,): label less probability."""
        return self.labels.double() - self.probabilities

    @cached_property
    def bins(self) -> np.ndarray:
        """(n,): bin of calibration of each probability."""
        return calibration_bins(self.probabilities).numpy()


def trials_of(scores: Scores, *, score: str, threshold: float, group: int | None = None) -> Trials:
    """Return all real images and the synthetic ones: all, or those of one group (-1 for those that have none).

    Parameters
    ----------
    scores
        Of a split.
    score
        ``"sigmoid"`` or ``"softmax"``: what ranks. The softmax is the probability (of one logit, both are the same).
    threshold
        Of the score.
    group
        Number of the generator; None for every synthetic image.
    """
    fake = scores.synthetic if group is None else scores.synthetic & (scores.group == group)
    place = np.concatenate([np.flatnonzero(~scores.synthetic), np.flatnonzero(fake)])
    return Trials(
        name="all" if group is None else scores.groups[group] if group >= 0 else NO_GROUP,
        scores=torch.from_numpy(scores.named(score)[place]),
        probabilities=torch.from_numpy(scores.softmax[place]),
        labels=torch.from_numpy(scores.synthetic[place]),
        threshold=threshold,
    )


def calibration_bins(probabilities: Tensor, *, bins: int = 15) -> Tensor:
    """Return the bin, 0 .. bins - 1, of each probability: equal widths, each with its lower edge; 1 is in the last.

    >>> calibration_bins(torch.tensor([0.0, 0.5, 1.0]), bins=2)
    tensor([0, 1, 1])
    """
    edges = torch.linspace(0, 1, bins + 1, dtype=probabilities.dtype, device=probabilities.device)
    return torch.bucketize(probabilities, edges[1:-1], right=True)


NO_GROUP = "(no group)"


def generators(scores: Scores) -> list[int]:
    """Return the numbers of the groups that have synthetic images; empty if none of these is named."""
    found = np.unique(scores.group[scores.synthetic]).tolist()
    return [] if found == [-1] else found
