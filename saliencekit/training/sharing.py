"""One copy of a split for all processes of a machine: one of them reads the files, the others map what it read."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import torch
from lightning.pytorch import Trainer

from .. import errors
from ..errors import EnvironmentFault, SaliencekitError
from ..files import write_json
from .block import Block, roomy_folder
from .caching import Loaded, Seen, load_split, outcome
from .examples import RowFiles

LOOK_EVERY = 0.05  # seconds


def read_together(
    files: Mapping[str, RowFiles],
    trainer: Trainer,
    *,
    keep: bool,
    workers: int,
    accept: Callable[[str, Loaded], None],
) -> None:
    """Read splits for all processes of every machine: one of them reads the files, the others map what it keeps.

    Parameters
    ----------
    files
        By split.
    trainer
        Of the run, in every process.
    keep
        Whether the pixels stay in memory.
    workers
        Processes that decode; -1 chooses.
    accept
        Called in every process with each split as it is there; what it raises ends the run.
    """
    size = sum(each.size for each in files.values()) if keep else 0
    folder = Path(trainer.strategy.broadcast(str(roomy_folder(size) / f"saliencekit-{secrets.token_hex(16)}")))
    leads = trainer.local_rank == 0
    try:
        for name, each in files.items():
            accept(
                name, lead(each, keep=keep, workers=workers, folder=folder) if leads else follow(each, folder=folder)
            )
        trainer.strategy.barrier("saliencekit images")
    finally:
        if leads:
            shutil.rmtree(folder, ignore_errors=True)


def lead(files: RowFiles, *, keep: bool, workers: int, folder: Path) -> Loaded:
    """Read a split, and leave in ``folder`` what :func:`follow` needs; also why there is none.

    The folder's owner removes it when all processes have what they need.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    write_json(folder / "leader.json", os.getpid())
    try:
        loaded = load_split(files, keep=keep, workers=workers, folder=folder)
    except SaliencekitError as error:
        write_json(folder / f"{files.split}.json", {"error": type(error).__name__, "sentence": str(error)})
        raise
    seen = loaded.seen
    told = {
        "rows": len(files),
        "has_map": seen.has_map.nonzero()[:, 0].tolist(),
        "failures": seen.failures,
        "map_failures": seen.map_failures,
        "block": None if seen.block is None else asdict(seen.block),
    }
    write_json(folder / f"{files.split}.json", told)
    return loaded


def follow(files: RowFiles, *, folder: Path) -> Loaded:
    """Wait for the process that leads, and map what it read.

    Raises
    ------
    SaliencekitError
        What stopped the process that leads.
    EnvironmentFault
        If that process has ended without a word.
    """
    path = folder / f"{files.split}.json"
    while not path.exists():
        if _leader_ended(folder) and not path.exists():
            raise EnvironmentFault("the process that reads the images for all has ended")
        time.sleep(LOOK_EVERY)
    told = json.loads(path.read_text(encoding="utf-8"))
    if "error" in told:
        raise getattr(errors, told["error"])(told["sentence"])
    failures = {int(row): reason for row, reason in told["failures"].items()}
    good, has_map = torch.ones(told["rows"], dtype=torch.bool), torch.zeros(told["rows"], dtype=torch.bool)
    good[list(failures)] = False
    has_map[told["has_map"]] = True
    block = told["block"]
    if block is not None:
        block = Block(block["path"], tuple(block["images"]), tuple(block["human_maps"]))
    map_failures = {int(row): reason for row, reason in told["map_failures"].items()}
    return outcome(files, Seen(good, has_map, failures, map_failures, block))


def _leader_ended(folder: Path) -> bool:
    with suppress(OSError, ValueError):
        process = json.loads((folder / "leader.json").read_text(encoding="utf-8"))
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
    return False
