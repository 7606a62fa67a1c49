"""A loss that is not finite stops the training, with the step and the images in the message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..errors import NumericalError

NAMED = 5  # images that a message names before it counts the others
SMALLEST_SCALE = 2.0**-10  # of a gradient scaler, which starts at 2^16 and halves at every step that it skips


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

    @property
    def due(self) -> bool:
        """Whether so many steps are kept that it is time to look."""
        return len(self._kept) >= self.every

    def add(self, terms: Mapping[str, Tensor], places: Tensor, *, epoch: int, step: int) -> None:
        """Keep a step's terms."""
        detached = {name: term.detach() for name, term in terms.items()}
        self._kept.append(_Step(epoch, step, detached, places))

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


def check_scale(scale: float) -> None:
    """Raise :class:`NumericalError` if a gradient scaler has skipped step after step.

    >>> check_scale(65536.0)
    >>> check_scale(2.0**-11)
    Traceback (most recent call last):
    ...
    saliencekit.errors.NumericalError: the gradients do not fit into half precision: ...
    """
    if scale < SMALLEST_SCALE:
        raise NumericalError(
            f"the gradients do not fit into half precision: their scale has fallen to {scale:.2g}, and the weights "
            "have not moved for many steps: choose the precision bf16-mixed or 32"
        )


def check_weights(model: nn.Module, *, what: str) -> None:
    """Raise :class:`NumericalError` if a weight or a buffer is not finite; this waits for the device once.

    >>> check_weights(nn.Linear(2, 2), what="epoch 0, step 3")
    """
    state = {name: value for name, value in model.state_dict().items() if value.is_floating_point()}
    finite = torch.stack([value.isfinite().all() for value in state.values()]).tolist() if state else []
    for name, good in zip(state, finite, strict=True):
        if not good:
            raise NumericalError(f"the weight {name} is not finite after {what}: lower the learning rate")
