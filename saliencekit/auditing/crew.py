"""One process, or several under ``torchrun``: who does which parts, and waiting for one another."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import torch

from ..devices import chosen_device
from ..errors import EnvironmentFault


@dataclass(frozen=True)
class Crew:
    """The processes of an audit; Lightning Fabric connects them when there is more than one.

    Parameters
    ----------
    rank, world
        This process's number and how many there are.
    device
        What this process computes on.
    """

    rank: int
    world: int
    device: torch.device
    fabric: Any = None

    @property
    def leads(self) -> bool:
        """Whether this process merges and writes."""
        return self.rank == 0

    def wait(self) -> None:
        """Wait until every process has come this far; :class:`EnvironmentFault` if one of them ended before."""
        if self.fabric is not None:
            with _told_when_alone():
                self.fabric.barrier()

    def agree(self, word: str | None) -> str | None:
        """Return what the leading process says; :class:`EnvironmentFault` if one of them ended before."""
        if self.fabric is None:
            return word
        with _told_when_alone():
            return cast("str | None", self.fabric.broadcast(word, src=0))


def gather_crew(device: str, *, here: torch.device | None = None) -> Crew:
    """Return this process's place among those that ``torchrun`` started; a crew of one without it.

    Parameters
    ----------
    device
        ``"auto"`` or the name of a device.
    here
        What ``"auto"`` means: where the model is already; else the best device of the machine.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) > 1 and "LOCAL_RANK" in os.environ:
        return _fabric_crew(device)
    return Crew(0, 1, chosen_device(device, here=here))


@contextmanager
def _told_when_alone() -> Iterator[None]:
    """Say of a broken connection that it is the other end's."""
    try:
        yield
    except RuntimeError as error:
        raise EnvironmentFault(
            "another process of this audit ended or hangs before its images were done: see what it said, and run again "
            "with --resume"
        ) from error


def _fabric_crew(device: str) -> Crew:
    from lightning.fabric import Fabric

    kind = device.split(":", maxsplit=1)[0]
    if kind == "auto" and not torch.cuda.is_available():
        kind = "cpu"
    local = int(os.environ.get("LOCAL_WORLD_SIZE", os.environ["WORLD_SIZE"]))
    fabric = Fabric(accelerator=kind, devices=local, num_nodes=int(os.environ["WORLD_SIZE"]) // local, strategy="ddp")
    fabric.launch()
    return Crew(fabric.global_rank, fabric.world_size, fabric.device, fabric)
