"""What the images of a split were given: both scores, class, generator, and the entropy of their maps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..data import Failure
from ..functional.logits import class_logit


@dataclass(frozen=True)
class Scores:
    """What the images of a split were given, in the order of the table; 30 bytes an image.

    Parameters
    ----------
    sigmoid, softmax
        (n,) float64, 0 to 1: sigmoid of the synthetic class's logit, and softmax's probability of that class.
    synthetic
        (n,) bool.
    group
        (n,), numbers into ``groups``; -1 where an image has none.
    groups
        Names.
    entropy
        (n,) float32, nats; None where the head allows no CAM.
    degenerate
        How many maps are constant.
    skipped
        Images that could not be read.
    """

    sigmoid: np.ndarray
    softmax: np.ndarray
    synthetic: np.ndarray
    group: np.ndarray
    groups: tuple[str, ...]
    entropy: np.ndarray | None = None
    degenerate: int = 0
    skipped: tuple[Failure, ...] = ()

    def __len__(self) -> int:
        return len(self.sigmoid)

    def named(self, word: str) -> np.ndarray:
        """Return the scores called ``"sigmoid"`` or ``"softmax"``."""
        return self.sigmoid if word == "sigmoid" else self.softmax


def both_scores(logits: Tensor, synthetic: int) -> tuple[Tensor, Tensor]:
    """Return the two scores of a batch of logits (N, K) of a head of one or two.

    Parameters
    ----------
    logits
        (N, 1) or (N, 2).
    synthetic
        Number of the synthetic class.

    Returns
    -------
    tuple of Tensor
        Sigmoid of the synthetic class's logit, and its softmax, (N,) float64 in [0, 1]; the same for one logit.

    References
    ----------
    [boyd2023cyborg]_ and [piland2023droid]_ use the sigmoid.

    Examples
    --------
    >>> sigmoid, softmax = both_scores(torch.tensor([[0.0, 1.0], [5.0, 2.0]]), 1)
    >>> [round(each, 3) for each in sigmoid.tolist()], [round(each, 3) for each in softmax.tolist()]
    ([0.731, 0.881], [0.731, 0.047])
    """
    double = logits.double()
    target = torch.full((len(logits),), synthetic)
    own = class_logit(double, target)
    if logits.shape[1] == 1:
        return own.sigmoid(), own.sigmoid()
    return own.sigmoid(), double.softmax(1)[:, synthetic]
