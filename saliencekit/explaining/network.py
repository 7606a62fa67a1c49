"""The network that explains itself: loaded or taken as it is, in eval mode on the device, with its extractors."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from ..devices import in_halves
from ..errors import UsageError
from ..extractors.making import MakesMaps, make_extractor
from ..functional import cam_entropy, is_degenerate
from ..models.at_work import at_work
from ..models.dry_run import refuse_probabilities
from ..models.foreign import network_at_fault
from ..preprocessing import Preprocessing


@dataclass(frozen=True)
class Look:
    """What one method gave of one image, on the CPU.

    Parameters
    ----------
    salience
        (h, w), raw.
    entropy
        Nats.
    degenerate
        Whether the map is constant or not finite.
    """

    salience: Tensor
    entropy: float
    degenerate: bool


@dataclass(frozen=True)
class Explained:
    """What a batch gave: logits (N, K), classes explained (N,), the layer and the looks by method."""

    logits: Tensor
    target: Tensor
    layers: Mapping[str, str]
    looks: Mapping[str, list[Look]]


@dataclass(frozen=True)
class Explainer:
    """A network in eval mode on its device, and its extractors by their words."""

    device: torch.device
    mean: Tensor
    std: Tensor
    extractors: Mapping[str, MakesMaps]

    def explain(self, pixels: Tensor, target: Literal["predicted"] | int | Tensor) -> Explained:
        """Return what images (N, C, H, W), uint8, give; when the device runs out of memory the batch is halved."""

        def explained(some: slice) -> Explained:
            return self._explain(pixels[some], target[some] if isinstance(target, Tensor) else target)

        return in_halves(explained, slice(0, len(pixels)), _joined)

    def _explain(self, pixels: Tensor, target: Literal["predicted"] | int | Tensor) -> Explained:
        images = (pixels.to(self.device).float() / 255 - self.mean) / self.std
        classes = target.to(self.device) if isinstance(target, Tensor) else target
        layers, looks = {}, {}
        for word, extract in self.extractors.items():
            with network_at_fault(pixels.shape[1:]):
                maps = extract(images, classes)
            entropy, flat = cam_entropy(maps).tolist(), is_degenerate(maps).tolist()
            layers[word] = extract.layer_name
            looks[word] = [Look(*each) for each in zip(maps.cpu(), entropy, flat, strict=True)]
        refuse_probabilities(extract.logits)
        return Explained(extract.logits.cpu(), extract.target.cpu(), layers, looks)


def _joined(first: Explained, rest: Explained) -> Explained:
    looks = {word: [*each, *rest.looks[word]] for word, each in first.looks.items()}
    logits, target = torch.cat([first.logits, rest.logits]), torch.cat([first.target, rest.target])
    return Explained(logits, target, first.layers, looks)


@contextmanager
def ready(
    network: nn.Module, preprocessing: Preprocessing, device: torch.device, *, methods: Sequence[str], layer: str
) -> Iterator[Explainer]:
    """Give the explainer of ``network``, which is as before afterwards; on another device it is copied, not moved."""
    mean, std = (
        torch.tensor(each, device=device).view(1, -1, 1, 1) for each in (preprocessing.mean, preprocessing.std)
    )
    with at_work(network, device) as here:
        yield Explainer(device, mean, std, {word: make_extractor(word, here, layer) for word in methods})


def class_number(target: str, classes: Sequence[str]) -> int:
    """Return the number of the class that ``target`` names, or is the number of.

    Raises
    ------
    UsageError
        If there is none, or several have that name.

    Examples
    --------
    >>> class_number("fake", ("real", "fake")), class_number("1", ())
    (1, 1)
    """
    places = [place for place, name in enumerate(classes) if name == target]
    if len(places) == 1:
        return places[0]
    if not places and target.removeprefix("-").isdecimal():
        return int(target)
    if places:
        raise UsageError(f"{len(places)} classes are named {target!r}: give a number, one of {places}")
    near = difflib.get_close_matches(target, classes, n=3) or list(classes[:3])
    hint = f"nearest {', '.join(near)}" if near else "the model names no classes"
    raise UsageError(f"expected `target` to be predicted, label, a number or a class's name, got {target!r}; {hint}")
