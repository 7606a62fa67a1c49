"""Many runs, here one after the other or several at a time, of which none takes the others down with it."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial

from ..errors import EnvironmentFault, SaliencekitError
from .job import RunJob

OnDone = Callable[[RunJob, str | None], None]
"""Called with a job that has ended, and why it failed, or None."""

# What a run may fail of without the others being in doubt: faults told by this package, and those of the
# machine (a device out of memory is a RuntimeError of torch). Anything else is a bug, and ends the sweep.
FAULTS = (SaliencekitError, MemoryError, OSError, RuntimeError, ArithmeticError)
GRACE = 120.0  # seconds in which an interrupted run writes its checkpoint
KILLED = "its process was killed, perhaps for lack of memory"


def run_jobs(jobs: Sequence[RunJob], *, processes: int, on_done: OnDone) -> dict[RunJob, str]:
    """Run all jobs, and return why those failed that did.

    Parameters
    ----------
    jobs
        Each with a folder of its own.
    processes
        Runs at a time; with 1 they run in this process. With several, each process has an accelerator of its
        own where there are enough, and its share of the processor's cores.
    on_done
        Called in this process whenever a job has ended.

    Notes
    -----
    An interrupt or SIGTERM is passed on to the processes, which are waited for while they write their
    checkpoints.
    """
    failures: dict[RunJob, str] = {}

    def told(job: RunJob, reason: str | None) -> None:
        if reason is not None:
            failures[job] = reason
        on_done(job, reason)

    if processes == 1 or len(jobs) < 2:
        for job in jobs:
            told(job, _reason(job.run))
    else:
        _side_by_side(jobs, min(processes, len(jobs)), told)
    return failures


def _reason(call: Callable[[], object]) -> str | None:
    """Return why a call fails, in a sentence; None where it does not."""
    try:
        call()
    except BrokenProcessPool:
        return KILLED
    except FAULTS as error:
        words = " ".join(str(error).split()) or type(error).__name__
        return words if isinstance(error, SaliencekitError) else f"{type(error).__name__}: {words}"[:400]
    return None


def _side_by_side(jobs: Sequence[RunJob], processes: int, on_done: OnDone) -> None:
    """Run jobs in that many processes; a process that dies takes only its own job with it, and is replaced."""
    accelerators = _accelerators(jobs)
    waiting = list(reversed(jobs))
    running: dict[Future[None], tuple[RunJob, int]] = {}
    with _ended_with_grace() as pools:
        pools += [_pool(place, accelerators) for place in range(processes)]
        idle = list(range(processes))
        while waiting or running:
            while waiting and idle:
                place, job = idle.pop(0), waiting.pop()
                running[pools[place].submit(job.run)] = (job, place)
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                job, place = running.pop(future)
                reason = _reason(partial(_result, future))
                if reason == KILLED:
                    pools[place].shutdown(wait=False)
                    pools[place] = _pool(place, accelerators)
                idle.append(place)
                on_done(job, reason)


def _result(future: Future[None]) -> None:
    """Raise what a job raised in its process; one that was told to end has failed, and this process goes on."""
    try:
        future.result()
    except SystemExit as error:
        raise EnvironmentFault(f"its process was told to end (exit code {error.code})") from error


def _pool(place: int, accelerators: Sequence[str]) -> ProcessPoolExecutor:
    """Return a pool of one process, so that it is known which job a dead process had."""
    own = accelerators[place % len(accelerators)] if accelerators else None
    context = multiprocessing.get_context("spawn")  # torch's threads do not survive a fork
    return ProcessPoolExecutor(1, mp_context=context, initializer=_begin, initargs=(own,))


def _begin(accelerator: str | None) -> None:
    """Show a process the one accelerator that it shall use, before it looks for any; it ends when told by its parent.

    Ctrl-C reaches all processes of a terminal; the parent passes it on as SIGTERM.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if accelerator is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = accelerator


def _accelerators(jobs: Sequence[RunJob]) -> list[str]:
    """Return the accelerators to be shared out: none where the settings name one, or there are not several."""
    import torch

    if any(job.settings.device not in ("auto", "cuda", "gpu") for job in jobs):
        return []
    count = torch.cuda.device_count()
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    names = visible.split(",") if visible else [str(number) for number in range(count)]
    return names[:count] if count > 1 else []


@contextmanager
def _ended_with_grace() -> Iterator[list[ProcessPoolExecutor]]:
    """Give a list for pools, and end them all: at once when idle, after an exception with time for a checkpoint."""
    others = set(multiprocessing.active_children())
    pools: list[ProcessPoolExecutor] = []
    try:
        yield pools
    except BaseException:
        begun = set(multiprocessing.active_children()) - others
        for process in begun:
            process.terminate()
        for pool in pools:
            pool.shutdown(wait=False, cancel_futures=True)
        for process in begun:
            process.join(GRACE)
            process.kill()
        raise
    for pool in pools:
        pool.shutdown()
