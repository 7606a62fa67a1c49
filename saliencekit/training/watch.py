"""A loss that is not finite stops the training, with the step and the images in the message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import NumericalError

NAMED = 5  # images that a message names before it counts the others


@dataclass(frozen=True)
class _Step:
    epoch: int
    step: int
    terms: dict[str, Tensor]
    places: Tensor


class FiniteWatch:
    """Looks at the losses of a run, several at a time where one look would wait for the device.

    Parameters
    ----------
    identities
        The images' names, by the places that batches carry; may be empty.
    every
        Steps to keep before one look: 1 where looking costs nothing, more on an accelerator.
    """

    def __init__(self, identities: Sequence[str], *, every: int) -> None:
        self.identities = identities
        self.every = every
        self._kept: list[_Step] = []

    def add(self, terms: Mapping[str, Tensor], places: Tensor, *, epoch: int, step: int) -> None:
        """Keep a step's terms, and look when enough are kept."""
        detached = {name: term.detach() for name, term in terms.items()}
        self._kept.append(_Step(epoch, step, detached, places))
        if len(self._kept) >= self.every:
            self.look()

    def look(self) -> None:
        """Raise :class:`NumericalError` for the first kept step whose loss is not finite."""
        kept, self._kept = self._kept, []
        if not kept:
            return
        finite = torch.stack([torch.stack(list(each.terms.values())).sum() for each in kept]).isfinite().tolist()
        for step, good in zip(kept, finite, strict=True):
            if not good:
                raise NumericalError(self._message(step))

    def _message(self, step: _Step) -> str:
        terms = ", ".join(f"{name} {float(term):.4g}" for name, term in step.terms.items())
        places = step.places.tolist()
        names = [self.identities[at] if self.identities else f"number {at}" for at in places[:NAMED]]
        more = f" and {len(places) - NAMED} more" if len(places) > NAMED else ""
        return (
            f"the loss is not finite in epoch {step.epoch}, step {step.step} ({terms}), on the images "
            f"{', '.join(names)}{more}: lower the learning rate, or look at these images"
        )
