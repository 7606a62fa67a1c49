"""The detector that is evaluated: images in, scores and the entropy of its map out, in one forward."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from ..devices import arithmetic, in_halves
from ..errors import ModelError
from ..extractors import CAM, Extractor
from ..extractors.finding.outputs import as_logits, pick_logits
from ..functional import cam_entropy, is_degenerate, predicted_class
from ..models import ModelInfo
from ..models.at_work import at_work
from ..models.dry_run import refuse_probabilities, refuse_randomness
from ..models.foreign import network_at_fault
from ..preprocessing import Preprocessing
from .classes import FAKE, REAL, synthetic_class


@dataclass(frozen=True)
class Look:
    """What a batch gave, on the device.

    Parameters
    ----------
    logits
        (N, K), float32.
    entropy
        (N,), nats, of the predicted class's CAM; None where the head allows none.
    degenerate
        (N,) bool: the map is constant; None likewise.
    """

    logits: Tensor
    entropy: Tensor | None = None
    degenerate: Tensor | None = None

    def fetched(self) -> Look:
        """Return the same on the CPU, which waits for the device."""
        return Look(*(None if each is None else each.cpu() for each in (self.logits, self.entropy, self.degenerate)))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Detector:
    """A network in eval mode on its device, and how it is looked at.

    Parameters
    ----------
    network, device, precision
        What runs where, and how.
    mean, std
        (1, C, 1, 1), of the preprocessing.
    info
        What is known of the network.
    synthetic
        Number of the synthetic class.
    logits
        Length of the head, 1 or 2.
    cam
        The extractor that watches the network; None where CAM is not defined for it.
    no_cam
        Why not.
    layer, grid
        The layer of the maps and their size.
    """

    network: nn.Module
    device: torch.device
    precision: str
    mean: Tensor
    std: Tensor
    info: ModelInfo
    synthetic: int = 1
    logits: int = 2
    cam: Extractor | None = None
    no_cam: str | None = None
    layer: str | None = None
    grid: tuple[int, ...] = ()

    def look(self, pixels: Tensor) -> Look:
        """Return what images (N, C, H, W), uint8, give; when the device runs out of memory the batch is halved."""
        return in_halves(lambda some: self._look(pixels[some]), slice(0, len(pixels)), _joined)

    def _look(self, pixels: Tensor) -> Look:
        images = (pixels.to(self.device, non_blocking=True).float() / 255 - self.mean) / self.std
        with arithmetic(self.device, self.precision):
            outputs = self.network(images)
            if self.cam is None:
                return Look(as_logits(pick_logits(outputs)).float())
            maps = self.cam.maps("predicted")
        return Look(self.cam.logits.float(), cam_entropy(maps), is_degenerate(maps))

    def score_meant(self, asked: str) -> str:
        """Return which score "auto" stands for: what the head was trained to give."""
        if asked != "auto":
            return asked
        return "sigmoid" if self.logits == 1 else "softmax"

    def predicted(self, logits: Tensor) -> list[str]:
        """Return fake or real, an image each: the class with the highest logit."""
        return [FAKE if each == self.synthetic else REAL for each in predicted_class(logits).tolist()]


def _joined(a: Look, b: Look) -> Look:
    return Look(torch.cat([a.logits, b.logits]), _both(a.entropy, b.entropy), _both(a.degenerate, b.degenerate))


def _both(a: Tensor | None, b: Tensor | None) -> Tensor | None:
    return None if a is None or b is None else torch.cat([a, b])


@contextmanager
def ready_detector(
    network: nn.Module,
    info: ModelInfo,
    preprocessing: Preprocessing,
    sample: Tensor,
    *,
    device: torch.device,
    precision: str,
) -> Iterator[Detector]:
    """Give the detector, tried on a few images, (n, C, H, W) uint8; the caller's network is as before afterwards.

    A network that is on another device is copied there, never moved.

    Raises
    ------
    ModelError
        If the network fails, is random in eval mode, gives probabilities, or has more than two classes.
    """
    mean, std = (
        torch.tensor(each, device=device).view(1, -1, 1, 1) for each in (preprocessing.mean, preprocessing.std)
    )
    with ExitStack() as stack:
        here = stack.enter_context(at_work(network, device))
        plain = Detector(here, device, precision, mean, std, info)
        stack.enter_context(torch.inference_mode())
        logits = _tried(plain, sample)
        plain = replace(plain, logits=logits, synthetic=synthetic_class(info.classes, logits))
        yield _watched(plain, sample, stack)


def _tried(detector: Detector, sample: Tensor) -> int:
    """Return the length of the logits, which must be logits, and the same for one image twice in one batch."""
    with network_at_fault(sample.shape[1:]):
        twice = detector.look(sample[:1].repeat(2, 1, 1, 1)).logits
        logits = detector.look(sample).logits
    refuse_randomness(twice)
    refuse_probabilities(logits)
    return int(logits.shape[1])


def _watched(detector: Detector, sample: Tensor, stack: ExitStack) -> Detector:
    """Return the detector with CAM on it, until the stack closes, or with the reason why there is none."""
    cam = CAM(detector.network)
    with ExitStack() as trial:
        try:
            trial.enter_context(cam)
            detector.network((sample[:1].to(detector.device).float() / 255 - detector.mean) / detector.std)
            grid = tuple(cam.maps("predicted").shape[1:])
        except ModelError as error:
            return replace(detector, no_cam=str(error))
        stack.push(trial.pop_all().__exit__)
    return replace(detector, cam=cam, layer=cam.layer_name, grid=grid)
