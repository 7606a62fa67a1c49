"""Several training runs, in sequence or side by side in processes of their own."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import EnvironmentFault, UsageError
from ..preprocessing import Preprocessing
from .fit import SMALL_CNN, TrainedRun, train
from .recipe import Recipe

if TYPE_CHECKING:
    from .assembly import Precision


@dataclass(frozen=True)
class TrainingJob:
    """What :func:`train` is asked for, in a form that another process can be sent; the fields are its arguments."""

    data: str
    output: str
    recipe: Recipe
    arch: str = SMALL_CNN
    preprocessing: Preprocessing | None = None
    seed: int = 0
    device: str = "auto"
    precision: Precision = "32"
    threads: int | None = None

    def run(self) -> TrainedRun:
        """Train it here."""
        return train(
            self.data,
            output=self.output,
            recipe=self.recipe,
            arch=self.arch,
            preprocessing=self.preprocessing,
            seed=self.seed,
            device=self.device,
            precision=self.precision,
            threads=self.threads,
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
        How many runs at a time; with 1 they run here, one after the other.
    on_done
        Called with each run as it ends.

    Raises
    ------
    UsageError
        Two jobs have one output, or ``processes`` is below 1.
    SaliencekitError
        What the first run that failed raised; the others are stopped, each leaving its best epoch so far.
    """
    outputs = [job.output for job in jobs]
    twice = {output for output in outputs if outputs.count(output) > 1}
    if twice:
        raise UsageError(f"two runs would be written to {min(twice)}: give each an output of its own")
    if processes < 1:
        raise UsageError(f"expected `processes` to be at least 1, got {processes}")
    tell = on_done if on_done is not None else _say_nothing
    if processes == 1:
        return [_told(job.run(), tell) for job in jobs]
    others = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")  # torch's threads do not survive a fork
    with ProcessPoolExecutor(min(processes, len(jobs)), mp_context=context) as pool:
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


def _say_nothing(run: TrainedRun) -> None:
    pass


def _told(run: TrainedRun, tell: Callable[[TrainedRun], None]) -> TrainedRun:
    tell(run)
    return run
