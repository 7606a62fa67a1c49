"""What is switched while captum computes, and what is looked at afterwards."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from ...errors import ModelError


def check_conserved(method: str, attributions: Tensor, scored: nn.Module, images: Tensor) -> None:
    """Raise :class:`ModelError` if attributions (N, C, H, W) sum up to far more than any logit of ``scored``."""
    total = float(attributions.flatten(1).sum(1).abs().max())
    most = float(scored(images).detach().abs().max())
    if total > 100 * most:
        raise ModelError(
            f"captum's {method} has no rule for a step of this model (a skip connection, for one): the attributions of "
            f"an image should sum up to its logit, at most {most:.3g}, and sum up to {total:.3g}"
        )


@contextmanager
def as_captum_is(method: str, device: torch.device, seed: int) -> Iterator[None]:
    """Give captum the seed and take back NumPy's state; silence its remarks, and say its refusals in our way."""
    import numpy as np

    state = np.random.get_state()
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        place = torch.cuda.current_device() if device.index is None else device.index
        torch.cuda.default_generators[place].manual_seed(seed)
    np.random.seed(seed % 2**32)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="captum")
            yield
    except (AssertionError, TypeError) as error:
        said = " ".join(str(error).split()).partition(". ")[0].rstrip(".")[:300]
        raise ModelError(f"captum's {method} cannot explain this model with these settings: {said}") from error
    finally:
        np.random.set_state(state)
