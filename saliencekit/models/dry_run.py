"""What the logits of a few images, the first that a network is given, show to be wrong with it."""

from __future__ import annotations

import torch
from torch import Tensor

from ..errors import ModelError

CLOSE = 1e-4  # to a sum of 1, which a softmax in float32 keeps to 1e-6


def refuse_probabilities(logits: Tensor) -> None:
    """Refuse a network that ends in a softmax: of logits, not all would be from 0 to 1 and add up to 1.

    Of a single output nothing is said, since a logit from 0 to 1 is nothing unusual.

    Parameters
    ----------
    logits
        (N, K), of a few different images: one alone may have such logits by chance.

    Raises
    ------
    ModelError
        If they are probabilities in every image.

    Examples
    --------
    >>> refuse_probabilities(torch.tensor([[0.7, 0.3], [2.0, -1.0]]))
    >>> refuse_probabilities(torch.tensor([[0.7, 0.3], [0.9, 0.1]]))
    Traceback (most recent call last):
    ...
    saliencekit.errors.ModelError: the network gives probabilities, which add up to 1, where logits are expected: its \
scores would be wrong, so take its last softmax away
    """
    if logits.shape[1] > 1 and bool(((logits >= 0).all(1) & ((logits.sum(1) - 1).abs() < CLOSE)).all()):
        raise ModelError(
            "the network gives probabilities, which add up to 1, where logits are expected: its scores would be wrong, "
            "so take its last softmax away"
        )


def refuse_randomness(logits: Tensor) -> None:
    """Refuse a network that answers one image in two ways.

    Parameters
    ----------
    logits
        (2, K), of one image that a batch held twice.

    Raises
    ------
    ModelError
        If they differ by more than a thousandth; those that are no numbers are equal.

    Examples
    --------
    >>> refuse_randomness(torch.tensor([[2.0, -1.0], [2.0001, -1.0]]))
    """
    first, second = logits.float()
    largest = float(first.nan_to_num(0, 0, 0).abs().max())  # that they must be finite is said elsewhere, by image
    if not torch.allclose(first, second, rtol=1e-3, atol=1e-3 * largest, equal_nan=True):
        raise ModelError("the network is random in eval mode: one image gave two different logits in one batch")
