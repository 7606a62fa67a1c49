"""A network as captum takes it: images in, a score for each class out, and every nonlinear layer a module."""

from __future__ import annotations

from collections import Counter
from contextlib import nullcontext

import torch
from torch import Tensor, nn

from ...errors import ModelError
from ..finding.outputs import as_logits, pick_logits
from .turns import Functions, Turns, inputs_of_their_own, nonlinear, out_of_place, take_turns


class Scored(nn.Module):
    """Gives the logits (N, K) of ``network``; of one logit ``l``, those of both classes, ``(-l, l)``.

    Parameters
    ----------
    network
        A copy (:func:`~saliencekit.extractors.for_captum.stand_in.stand_in`).
    output
        Where the logits are in what it returns.

    Examples
    --------
    >>> Scored(nn.Sequential(nn.Flatten(), nn.Linear(4, 1)))(torch.ones(3, 1, 2, 2)).shape
    torch.Size([3, 2])
    """

    def __init__(self, network: nn.Module, output: str | int | None = None) -> None:
        super().__init__()
        self.network, self._output = network, output
        self._functions: Functions | None = None

    def logits(self, images: Tensor) -> Tensor:
        """Return the logits as the network gives them; it may write into its images."""
        with self._functions or nullcontext():
            return as_logits(pick_logits(self.network(images.clone()), self._output), count=len(images))

    def forward(self, images: Tensor) -> Tensor:
        """Return a score for each class."""
        logits = self.logits(images)
        return torch.cat((-logits, logits), 1) if logits.shape[1] == 1 else logits

    @torch.no_grad()
    def separate(self, images: Tensor) -> None:
        """Rewrite the copy so that each nonlinear layer is a module, used once, not in place, with its own input.

        Raises
        ------
        ModelError
            If the logits of ``images`` are others afterwards.
        """
        functions = self._functions = Functions()
        uses: Counter[nn.Module] = Counter()
        handles = [
            module.register_forward_pre_hook(lambda module, _: uses.update([module]))
            for module in nonlinear(self.network)
        ]
        handles += functions.watch(self.network)
        logits = self.logits(images)
        for handle in handles:
            handle.remove()
        wrote = out_of_place(self.network) or functions.in_place
        take_turns(self.network, uses)
        functions.pools = {module: Turns(module(), count) for module, count in functions.calls.items()}
        if functions.pools:  # an empty list would be a leaf, for which LRP has no rule
            self.pools = nn.ModuleList(functions.pools.values())
        functions.watch(self.network)
        inputs_of_their_own(self)
        if wrote and not torch.allclose(self.logits(images), logits, 1e-3, 1e-3 * float(logits.abs().max())):
            raise ModelError(
                "a layer of the model is there for what it writes into its input, not for what it returns: "
                "captum cannot follow it, make it out of place"
            )
