"""What a number would be if the network had learnt nothing: the same network with re-drawn weights."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from ..devices import in_halves, is_out_of_memory
from ..measures import Entropy
from ..models.foreign import network_at_fault
from .engine import Engine
from .networks import twin_extractor
from .passes import few_at_a_time
from .plan import Plan


@torch.inference_mode()
def entropy_nulls(plan: Plan, engine: Engine, pixels: Tensor) -> dict[str, float]:
    """Return the entropies of the same network with re-drawn weights, on the images that serve as the others."""
    if engine.others is None:
        return {}
    measure, images = Entropy(), engine.others.images
    with torch.inference_mode(False):
        twin = redrawn(plan.runs[0].network, engine.ready(pixels), seed=plan.settings.seed)
    extract = twin_extractor(engine.extractors[0], twin, salience=plan.settings.salience, layer=plan.settings.layer)
    alone = replace(engine, extractors=(extract,), run_names=("re-drawn",), target="predicted", others=None)

    def rows_of(some: slice) -> Mapping[str, Tensor]:
        return measure.rows(alone.look(pixels[some], images[some], None), {}).values

    rows = [in_halves(rows_of, some, _appended) for some in few_at_a_time(len(pixels))]
    columns = ("entropy", "entropy_normalized", "effective_area", "histogram_entropy")
    return {name: float(torch.cat([each[name][0] for each in rows]).mean()) for name in columns}


def _appended(a: Mapping[str, Tensor], b: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    return {name: torch.cat([each, b[name]], dim=1) for name, each in a.items()}


@torch.no_grad()
def redrawn(model: nn.Module, images: Tensor, *, seed: int) -> nn.Module:
    """Return a copy of the network with weights drawn anew, in eval mode.

    Every layer that knows how to initialise itself does so; any other parameter is drawn from a normal
    distribution with its trained mean and standard deviation. Batch-normalisation statistics are then taken
    from ``images``, since those of the trained weights belong to other activations.

    Parameters
    ----------
    model
        Not changed.
    images
        ``(N, C, H, W)`` as the network takes them.
    seed
        Of the draw; the global random state is as before afterwards.
    """
    twin = copy.deepcopy(model).cpu()  # drawn there, the weights are the same on every device
    with _seeded(seed):
        for module in twin.modules():
            reset = getattr(module, "reset_parameters", None)
            own = list(module.parameters(recurse=False))
            if callable(reset):
                reset()
            else:
                for parameter in own:
                    spread = parameter.float().std(unbiased=False).item()
                    parameter.normal_(parameter.float().mean().item(), max(spread, 1e-12))
        with network_at_fault(images.shape[1:]):
            _settle(twin, images)
    return twin.to(images.device).eval()


def _settle(network: nn.Module, images: Tensor) -> None:
    """Take the batch-normalisation statistics from one pass over the images; the CPU has the room for all of them."""
    try:
        _take_statistics(network.to(images.device), images)
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
        _take_statistics(network.cpu(), images.cpu())


def _take_statistics(network: nn.Module, images: Tensor) -> None:
    normalisations = [module for module in network.modules() if isinstance(module, _BatchNorm)]
    if not normalisations:
        return
    network.eval()
    for module in normalisations:
        module.momentum = None  # cumulative average
        module.reset_running_stats()
        module.train(len(images) > 1)
    network(images)


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Draw from numbers of one's own: not those that the network was made with under the same seed."""
    digest = hashlib.sha256(f"{seed} re-drawn weights".encode()).digest()
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(int.from_bytes(digest[:8], "little"))  # of the CPU alone
        yield
