"""Losses that train where a model looks: logits, labels and raw maps in, a scalar out.

Every loss is called ``(logits, labels, maps, human_maps=None, has_map=None)``; ``.terms(...)`` gives its
weighted terms by name, whose sum is the loss. A new loss is one file here and one line in ``LOSSES``.
"""

from ..errors import one_of
from ._base import SalienceLoss
from .cross_entropy import CrossEntropyLoss, cross_entropy_loss
from .cyborg import CyborgLoss, cyborg_loss
from .cyborg_droid import CyborgDroidLoss, cyborg_droid_loss
from .droid import DroidLoss, droid_loss
from .fmmmse import FmmmseLoss, fmmmse_loss
from .hseb import HsebLoss, hseb_loss

LOSSES: dict[str, type[SalienceLoss]] = {
    each.word: each for each in (CrossEntropyLoss, CyborgLoss, HsebLoss, FmmmseLoss, DroidLoss, CyborgDroidLoss)
}

__all__ = [
    "LOSSES",
    "CrossEntropyLoss",
    "CyborgDroidLoss",
    "CyborgLoss",
    "DroidLoss",
    "FmmmseLoss",
    "HsebLoss",
    "SalienceLoss",
    "cross_entropy_loss",
    "cyborg_droid_loss",
    "cyborg_loss",
    "droid_loss",
    "fmmmse_loss",
    "hseb_loss",
    "loss_class",
]


def loss_class(word: str) -> type[SalienceLoss]:
    """Return the loss that a word of the command line names; an unknown word lists the known ones.

    >>> loss_class("cyborg-droid").__name__
    'CyborgDroidLoss'
    """
    return LOSSES[one_of(word, LOSSES, "loss")]
