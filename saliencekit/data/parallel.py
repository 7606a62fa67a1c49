"""Work on many files in worker processes, in an order that does not depend on how many there are."""

from __future__ import annotations

import signal
import threading
import warnings
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.util import Finalize
from typing import Any, Protocol, TypeVar

import torch
from torch.utils.data import DataLoader
from torch.utils.data.dataloader import _MultiProcessingDataLoaderIter

from ..errors import EnvironmentFault, SaliencekitError

_Result_co = TypeVar("_Result_co", covariant=True)


class Work(Protocol[_Result_co]):
    """What is done for one ticket; it is sent to the workers, so it must survive pickling."""

    def __getitem__(self, ticket: Any, /) -> _Result_co:
        """Return the result for a ticket."""
        ...


def in_workers(work: Work[_Result_co], tickets: Sequence[Any], *, workers: int) -> Iterator[_Result_co]:
    """Yield ``work[ticket]`` for each ticket, in their order; with 0 workers in this process.

    Raises
    ------
    EnvironmentFault
        If a worker was killed.
    SaliencekitError
        That the work raises, as it is: torch would put the worker's traceback into its sentence.
    """
    if workers == 0 or not tickets:
        for ticket in tickets:
            yield work[ticket]
        return
    with told_when_killed():
        loader = worker_loader(_Told(work), tickets, workers=max(1, min(workers, len(tickets))))
        for result in ended_at_exit(loader):
            if isinstance(result, SaliencekitError):
                raise result
            yield result


class _Told:
    """The work, with the errors that it raises on purpose as results."""

    def __init__(self, work: Work[Any]) -> None:
        self.work = work

    def __getitem__(self, ticket: Any) -> Any:
        try:
            return self.work[ticket]
        except SaliencekitError as error:
            return error


def worker_loader(
    work: Work[Any], tickets: Any, *, workers: int, pin: bool = False, persistent: bool = False
) -> DataLoader[Any]:
    """Return torch's loader over tickets: a result each, nothing collated, no global random number drawn."""
    with _as_many_as_asked():
        return DataLoader(
            work,  # type: ignore[arg-type]
            batch_size=None,
            sampler=tickets,
            collate_fn=_as_it_is,
            num_workers=workers,
            worker_init_fn=leave_signals_to_the_parent,
            generator=torch.Generator(),  # else each loader draws a number from the global one
            prefetch_factor=4,
            pin_memory=pin,
            persistent_workers=persistent,
        )


def ended_at_exit(loader: DataLoader[Any]) -> Iterator[Any]:
    """Return the loader's iterator, and have its workers ended when the process ends in the middle of it.

    Python's own end sends them SIGTERM, which they leave to the parent, and would then wait for ever.
    """
    with signals_held_back(), _as_many_as_asked():
        iterator = iter(loader)
        if isinstance(iterator, _MultiProcessingDataLoaderIter):
            Finalize(iterator, _end_workers, args=(weakref.ref(iterator),), exitpriority=100)
    return iterator


@contextmanager
def signals_held_back() -> Iterator[None]:
    """Let SIGINT and SIGTERM wait until the block ends.

    What a handler raises while a process is forked is lost in Python's own callbacks, and the signal with it.
    """
    if threading.current_thread() is not threading.main_thread():  # no other gets signals
        yield
        return
    came: list[int] = []
    before = {
        number: signal.signal(number, lambda which, _frame: came.append(which))
        for number in (signal.SIGINT, signal.SIGTERM)
        if signal.getsignal(number) is not None  # one that is not Python's could not be put back
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    for which in came:
        signal.raise_signal(which)


@contextmanager
def _as_many_as_asked() -> Iterator[None]:
    """Hold back torch's remark on more workers than cores."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="This DataLoader will create")
        yield


def _end_workers(reference: weakref.ref[_MultiProcessingDataLoaderIter]) -> None:
    iterator = reference()
    if iterator is not None:  # the process ends; torch ends no workers any more, and would take their end for a fault
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for worker in iterator._workers:
            worker.kill()


@contextmanager
def told_when_killed() -> Iterator[None]:
    """Say of a worker that was killed what may have killed it."""
    try:
        yield
    except RuntimeError as error:
        if "exited unexpectedly" not in str(error) and "killed by signal" not in str(error):
            raise
        raise EnvironmentFault(
            "a process that reads images was killed, by the system for lack of memory or by a file that crashes its"
            " decoder: use fewer workers, or 0 to see which file it is"
        ) from error


def chunks(count: int, size: int) -> list[range]:
    """Cut the numbers 0 to ``count`` - 1 into runs of ``size``.

    >>> chunks(5, 2)
    [range(0, 2), range(2, 4), range(4, 5)]
    """
    return [range(start, min(start + size, count)) for start in range(0, count, size)]


def leave_signals_to_the_parent(worker: int) -> None:
    """A signal to the group stops the parent, which stops its workers; they say nothing of their own."""
    del worker
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def _as_it_is(result: Any) -> Any:
    return result
