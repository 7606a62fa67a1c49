"""Several training runs, in sequence or side by side in processes of their own."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.context import SpawnContext
from multiprocessing.queues import Queue
from typing import TYPE_CHECKING

from ..errors import EnvironmentFault, UsageError
from ..preprocessing import Preprocessing
from .fit import AS_USUAL, train
from .recipe import Recipe
from .settings import TrainingSettings

if TYPE_CHECKING:
    from .run_record import TrainedRun


@dataclass(frozen=True)
class TrainingJob:
    """What :func:`train` is asked for, in a form that another process can be sent; the fields are its arguments."""

    data: str
    output: str
    recipe: Recipe
    seed: int = 0
    settings: TrainingSettings = AS_USUAL
    human_maps: str | None = None
    weights: str | None = None
    preprocessing: Preprocessing | None = None
    allow_outside: bool = False
    resume: bool = False
    overwrite: bool = False

    def run(self) -> TrainedRun:
        """Train it here."""
        return train(
            self.data,
            output=self.output,
            recipe=self.recipe,
            seed=self.seed,
            settings=self.settings,
            human_maps=self.human_maps,
            weights=self.weights,
            preprocessing=self.preprocessing,
            allow_outside=self.allow_outside,
            resume=self.resume,
            overwrite=self.overwrite,
        )


def train_several(
    jobs: Sequence[TrainingJob],
    *,
    processes: int = 1,
    on_done: Callable[[TrainedRun], None] | None = None,
) -> list[TrainedRun]:
    """Train all jobs and return their runs in the order of the jobs.

    Each run is the same, bit for bit, whatever the number of processes.

    Parameters
    ----------
    jobs
        Each with an ``output`` of its own.
    processes
        How many runs at a time; with 1 they run here, one after the other. Several have an accelerator each where
        there are some.
    on_done
        Called with each run as it ends.

    Raises
    ------
    UsageError
        Two jobs have one output, or ``processes`` is below 1.
    SaliencekitError
        What the first run that failed raised; the others are stopped, each leaving its last state and best epoch.
    """
    outputs = [os.path.abspath(job.output) for job in jobs]
    twice = {output for output in outputs if outputs.count(output) > 1}
    if twice:
        raise UsageError(f"two runs would be written to {min(twice)}: give each an output of its own")
    if processes < 1:
        raise UsageError(f"expected `processes` to be at least 1, got {processes}")
    tell = on_done if on_done is not None else _say_nothing
    if processes == 1 or len(jobs) < 2:
        return [_told(job.run(), tell) for job in jobs]
    others = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")  # torch's threads do not survive a fork
    number = min(processes, len(jobs))
    places = (_accelerators(jobs, number, context),)
    with ProcessPoolExecutor(number, mp_context=context, initializer=_begin, initargs=places) as pool:
        futures = [pool.submit(job.run) for job in jobs]
        try:
            for future in as_completed(futures):
                tell(future.result())
        except BrokenProcessPool as error:
            raise EnvironmentFault("a training process was killed, perhaps for lack of memory") from error
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in set(multiprocessing.active_children()) - others:
                process.terminate()
            raise
    return [future.result() for future in futures]


def _accelerators(jobs: Sequence[TrainingJob], processes: int, context: SpawnContext) -> Queue[str] | None:
    """Return the GPU of each process, for them to take one; None where there are not several to choose from."""
    import torch

    count = torch.cuda.device_count()
    chosen = any(job.settings.device not in ("auto", "cuda", "gpu") or job.settings.devices > 1 for job in jobs)
    if count < 2 or chosen:
        return None
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    names = visible.split(",") if visible else [str(number) for number in range(count)]
    queue: Queue[str] = context.Queue()
    for number in range(processes):
        queue.put(names[number % count])
    return queue


def _begin(places: Queue[str] | None) -> None:
    if places is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = places.get()


def _say_nothing(run: TrainedRun) -> None:
    pass


def _told(run: TrainedRun, tell: Callable[[TrainedRun], None]) -> TrainedRun:
    tell(run)
    return run
