"""``saliencekit train``."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from ..errors import EnvironmentFault, SaliencekitError
from ..training.recipe import Recipe
from ..training.settings import TrainingSettings
from ._app import app
from ._config import seeds_of, values_from_files
from ._ending import fail, print_json

if TYPE_CHECKING:
    from ..training import TrainedRun

INTERRUPTED, TERMINATED = 130, 143
BEHIND = 1.0  # seconds by which other processes end after the first, since torchrun ends all when one ends
AS_RECIPE, AS_USUAL = Recipe(), TrainingSettings()


@app.command(config=values_from_files)
def train(
    config: Path | None = None,
    /,
    *,
    recipe: str = "droid",
    data: str,
    human_maps: str | None = None,
    weights: str | None = None,
    seeds: Annotated[str, Parameter(name=("--seeds", "--seed"))] = "0",
    values: Annotated[Recipe, Parameter(name="*")] = AS_RECIPE,
    settings: Annotated[TrainingSettings, Parameter(name="*")] = AS_USUAL,
    allow_outside: Annotated[bool, Parameter(negative=())] = False,
    output: Path = Path("run"),
    processes: int = 1,
    resume: Annotated[bool, Parameter(negative=())] = False,
    overwrite: Annotated[bool, Parameter(negative=())] = False,
    quiet: Annotated[bool, Parameter(negative=())] = False,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Train detectors with a loss on where they look.

    A flag counts before CONFIG, CONFIG before the recipe, and that before the default shown. Run again with
    --resume, an interrupted run goes on from where it was.

    Parameters
    ----------
    config
        TOML file with these flags as keys; a run's own config.toml repeats the run.
    recipe
        cyborg or droid, as in the papers; small-cnn for a small network.
    data
        Manifest or folder, with the splits train and val.
    human_maps
        Folder of human maps, which belong to the images of the same base names.
    weights
        Checkpoint to start from; its head is replaced.
    seeds
        One seed, or several as 0-9 or 0,2,5: these go to seed-0, seed-1, ... in the output folder.
    allow_outside
        Take paths of the manifest that lead out of its folder.
    output
        Folder to write.
    processes
        Runs at a time, with several seeds.
    resume
        Go on with the interrupted run in the output folder; a finished one is left as it is.
    overwrite
        Replace the run in the output folder.
    quiet
        No progress.
    json
        Print what was found as JSON on stdout.
    """
    del config, recipe  # they have filled in the others
    from ..training import TrainingJob, train_several
    from ..training.distributed import is_first_process

    speaks = is_first_process()  # of several processes that share the batches
    numbers = seeds_of(seeds)
    jobs = [
        TrainingJob(
            data=data,
            output=str(output if len(numbers) == 1 else output / f"seed-{seed}"),
            recipe=values,
            seed=seed,
            settings=replace(settings, progress=not quiet),
            human_maps=human_maps,
            weights=weights,
            allow_outside=allow_outside,
            resume=resume,
            overwrite=overwrite,
        )
        for seed in numbers
    ]
    try:
        runs = train_several(jobs, processes=processes, on_done=_say if speaks and not json else _say_nothing)
    except (KeyboardInterrupt, SystemExit) as stop:
        code = INTERRUPTED if isinstance(stop, KeyboardInterrupt) else stop.code
        if code not in (INTERRUPTED, TERMINATED):
            raise
        return fail("stopped; what was done is kept, and --resume goes on", int(code)) if speaks else int(code)
    except SaliencekitError as error:
        if speaks or isinstance(error, EnvironmentFault):  # a disk or a device may fail one process alone
            raise
        time.sleep(BEHIND)
        return error.exit_code  # of what is wrong for all of them, the first tells
    if json and speaks:
        _print(runs)
    return 0


def _say(run: TrainedRun) -> None:
    accuracy = "" if run.val_accuracy is None else f"  validation accuracy {run.val_accuracy:.3f}"
    print(f"trained {run.path}  best epoch {run.best_epoch}{accuracy}  ({run.duration_s:.1f} s)", flush=True)
    if run.skipped:
        first = run.skipped[0]
        print(f"  {len(run.skipped)} images or human maps were left out, the first: {first.image}: {first.reason}")


def _say_nothing(run: TrainedRun) -> None:
    del run


def _print(runs: Sequence[TrainedRun]) -> None:
    """Print what became of the runs, as JSON."""
    plain: list[dict[str, Any]] = [
        {
            "path": str(run.path),
            "seed": run.seed,
            "best_epoch": run.best_epoch,
            "val_accuracy": run.val_accuracy,
            "figures": run.history[run.best_epoch],
            "skipped": [[failure.image, failure.reason] for failure in run.skipped],
            "duration_s": run.duration_s,
        }
        for run in runs
    ]
    print_json(plain)
