"""One look at where a network looks while it learns, which leaves no trace on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..extractors.making import MakesMaps
from ..functional.entropy import cam_entropy, effective_area, max_entropy
from ..functional.logits import Target, predicted_class
from ..functional.normalization import is_degenerate

AT_ONCE = 32  # images in a forward


@dataclass(frozen=True)
class Looks:
    """What a network makes of images: raw maps (n, h, w), their entropy (n,) in nats, the class predicted (n,)."""

    maps: Tensor
    entropy: Tensor
    predicted: Tensor

    def figures(self) -> dict[str, float]:
        """Return the means over the images.

        >>> maps = torch.tensor([[[0.0, 1.0]], [[2.0, 2.0]]])  # one cell; a flat map, which counts as even
        >>> Looks(maps, cam_entropy(maps), torch.zeros(2)).figures()
        {'entropy': 0.346..., 'entropy_normalized': 0.5..., 'effective_area': 1.5, 'degenerate': 0.5}
        """
        most = max_entropy(self.maps)
        entropy = float(self.entropy.mean())
        return {
            "entropy": entropy,
            "entropy_normalized": entropy / most if most > 0 else entropy,
            "effective_area": float(effective_area(self.maps).mean()),
            "degenerate": float(is_degenerate(self.maps).float().mean()),
        }


def look(
    model: nn.Module,
    extract: MakesMaps,
    images: Tensor,
    *,
    target: Target,
    labels: Tensor | None = None,
    prepare: Callable[[Tensor], Tensor] | None = None,
) -> Looks:
    """Return the maps of images in eval mode and in full precision; everything is as before afterwards.

    Parameters
    ----------
    model, extract
        The network, and an extractor of it.
    images
        (n, C, H, W), on any device; they go to the network's, a few at a time.
    target, labels
        Class explained.
    prepare
        From images on the device to what the network takes.
    """
    weight = next((each for each in model.parameters() if each.is_floating_point()), None)
    device = images.device if weight is None else weight.device
    parts = []
    with evaluated(model), torch.no_grad(), _outside_autocast(device):
        for start in range(0, len(images), AT_ONCE):
            batch = images[start : start + AT_ONCE].to(device)
            batch = batch if prepare is None else prepare(batch)
            batch = batch if weight is None else batch.to(weight.dtype)
            known = None if labels is None else labels[start : start + AT_ONCE].to(device)
            maps = extract(batch, target=_part(target, start), labels=known)
            parts.append((maps.cpu(), predicted_class(extract.logits).cpu()))
    maps, predicted = (torch.cat(each) for each in zip(*parts, strict=True))
    return Looks(maps, cam_entropy(maps), predicted)


@contextmanager
def evaluated(model: nn.Module) -> Iterator[None]:
    """Put a network into eval mode, and each of its modules back into its own afterwards."""
    modes = [(each, each.training) for each in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for each, mode in modes:
            each.training = mode


def _part(target: Target, start: int) -> Target:
    return target[start : start + AT_ONCE] if isinstance(target, Tensor) else target


def _outside_autocast(device: torch.device) -> torch.autocast | nullcontext[None]:
    available = torch.amp.is_autocast_available(device.type)
    return torch.autocast(device.type, enabled=False) if available else nullcontext()
