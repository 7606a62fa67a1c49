"""The figures of an epoch: what is logged, kept in the history, and saved half-way."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from ..errors import UsageError
from ..functional.entropy import cam_entropy
from ..functional.geometry import resize_maps
from ..functional.logits import predicted_class
from ..functional.statistics import auroc
from ..losses import cross_entropy_loss
from .distributed import of_all
from .means import EpochMeans

LOWER_IS_BETTER = ("loss", "terms", "entropy")  # parts of a figure's name
TIMES = ("train/images_per_second",)  # figures that another run of the same seed has otherwise


class EpochFigures:
    """Collects the figures of one epoch after another; adding a batch does not wait for the device.

    >>> figures = EpochFigures()
    >>> logits, maps = torch.tensor([[2.0, 0.0], [0.0, 2.0]]), torch.eye(2).expand(2, 2, 2)
    >>> figures.add_train({"cross_entropy": torch.tensor(0.5)}, logits, torch.tensor([0, 0]), maps)
    >>> figures.close(lr=0.1)["train/accuracy"]
    0.5
    """

    def __init__(self) -> None:
        self._train, self._val, self._human = EpochMeans(), EpochMeans(), EpochMeans()
        self._scores: list[tuple[Tensor, Tensor]] = []
        self._cells = 0
        self._human_entropy: float | None = None
        self._human_known = False
        self._pace = Pace()

    def start_train(self) -> None:
        """Begin to measure the pace: an epoch begins, or a run goes on within one."""
        self._pace.start()

    def add_train(self, terms: Mapping[str, Tensor], logits: Tensor, labels: Tensor, maps: Tensor) -> None:
        """Add a training batch of all processes: the loss's weighted terms, logits (N, K), labels (N,), maps."""
        n = len(logits)
        sums = {f"train/terms/{name}": term.detach() * n for name, term in terms.items()}
        sums["train/loss"] = torch.stack(list(terms.values())).detach().sum() * n
        sums["train/accuracy"] = (predicted_class(logits.detach()) == labels).float().sum()
        sums["train/map_entropy"] = cam_entropy(maps.detach()).sum()
        self._train.add(sums, n)
        self._cells = maps.shape[-2] * maps.shape[-1]
        self._pace.add(n)

    def add_human(self, human_maps: Tensor, has_map: Tensor, size: tuple[int, int]) -> None:
        """Add a batch's human maps (N, H, W), of all processes, brought to the grid; after one epoch they are known."""
        if not self._human_known:
            entropies = cam_entropy(on_grid(human_maps, has_map, size))
            entropy = torch.where(has_map, entropies, torch.zeros_like(entropies)).sum()
            self._human.add({"entropy": entropy, "maps": has_map.sum().to(entropy.dtype)}, len(has_map))

    def add_val(self, logits: Tensor, labels: Tensor, maps: Tensor, *, count: int) -> None:
        """Add this process's part of a validation batch, of which the first ``count`` rows count."""
        if count:
            logits, labels, maps = logits[:count], labels[:count], maps[:count]
        sums = {
            "val/loss": cross_entropy_loss(logits, labels, reduction="sum"),
            "val/accuracy": (predicted_class(logits) == labels).float().sum(),
            "val/map_entropy": cam_entropy(maps).sum(),
        }
        self._val.add(sums if count else {name: torch.zeros_like(value) for name, value in sums.items()}, count)
        if logits.shape[1] <= 2:
            score = logits[:, -1] - logits[:, 0] * (logits.shape[1] == 2)
            self._scores.append((score[:count], labels[:count]))

    def start_val(self) -> None:
        """Forget a validation that was not finished."""
        self._val.clear()
        self._scores = []

    def close(self, *, lr: float) -> dict[str, float]:
        """Return the figures of the epoch, the same in every process, and start again."""
        figures = self._train.take()
        if not self._human_known:
            human = self._human.take()
            self._human_known = True
            self._human_entropy = human["entropy"] / human["maps"] if human.get("maps") else None
        figures |= self._val.take(over_processes=True)
        if math.isfinite(figures.get("val/loss", 0.0)):  # scores that are not finite have no order
            figures |= self._auroc()
        if self._cells:
            figures["map_entropy/maximum"] = math.log(self._cells)
        if self._human_entropy is not None:
            figures["map_entropy/human"] = self._human_entropy
        pace = self._pace.take()
        return figures | {"lr": lr} | ({} if pace is None else {"train/images_per_second": pace})

    def state_dict(self) -> dict[str, Any]:
        """Return what a run that goes on within the epoch has to know; validation begins again."""
        return {
            "train": self._train.state_dict(),
            "human": self._human.state_dict(),
            "human_known": self._human_known,
            "human_entropy": self._human_entropy,
            "cells": self._cells,
        }

    def load_state_dict(self, state: Mapping[str, Any], device: torch.device) -> None:
        """Go on from there."""
        self._train.load_state_dict(state["train"], device)
        self._human.load_state_dict(state["human"], device)
        self._human_known, self._human_entropy = state["human_known"], state["human_entropy"]
        self._cells = state["cells"]

    def _auroc(self) -> dict[str, float]:
        scored, self._scores = self._scores, []
        if not scored:
            return {}
        scores = of_all(torch.cat([each for each, _ in scored]))
        positive = of_all(torch.cat([each for _, each in scored])) == 1
        if not positive.any() or positive.all():
            return {}
        return {"val/auroc": float(auroc(scores[~positive], scores[positive]))}


class Pace:
    """Images a second, from the start to the last step; validation lies outside."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._until = 0.0
        self._count = 0

    def start(self) -> None:
        """Begin to count."""
        self._since, self._count = time.monotonic(), 0

    def add(self, count: int) -> None:
        """Count the images of a step that is done."""
        self._count += count
        self._until = time.monotonic()

    def take(self) -> float | None:
        """Return the pace, and stop counting; None where no step was timed: the epoch was resumed at its very end."""
        since, self._since = self._since, None
        if since is None or not self._count or self._until <= since:
            return None
        return self._count / (self._until - since)


def on_grid(human_maps: Tensor, has_map: Tensor, size: tuple[int, int]) -> Tensor:
    """Return human maps (N, H, W) in float32 on a grid; what stands for a missing one becomes zeros."""
    known = torch.where(has_map[:, None, None], human_maps.float(), torch.zeros((), device=human_maps.device))
    return known if known.shape[-2:] == size else resize_maps(known, size)


def higher_is_better(figure: str) -> bool:
    """Return the direction of a figure.

    >>> higher_is_better("val/auroc"), higher_is_better("val/loss")
    (True, False)
    """
    return not any(part in figure for part in LOWER_IS_BETTER)


def known_figure(figure: str, figures: Mapping[str, float]) -> float:
    """Return one of an epoch's figures; :class:`UsageError` lists what there is."""
    if figure not in figures:
        there = ", ".join(sorted(name for name in figures if name != "epoch"))
        raise UsageError(f"there is no figure {figure!r} to keep the best epoch by: expected one of {there}")
    return figures[figure]
