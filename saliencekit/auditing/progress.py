"""How far an audit is: a bar on a terminal, a plain line now and then anywhere else, or nothing."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Advance(Protocol):
    """Called with the number of images just done."""

    def __call__(self, images: int) -> None: ...


def _silent(images: int) -> None:
    del images


@contextmanager
def progress(title: str, total: int, *, show: bool) -> Iterator[Advance]:
    """Give a function to call with each number of images done; draws on stderr.

    Parameters
    ----------
    title
        What is being done.
    total
        Images in all.
    show
        False draws nothing.
    """
    title = "".join(each if each.isprintable() else repr(each)[1:-1] for each in title)
    if not show or not total:
        yield _silent
    elif sys.stderr.isatty():
        with _bar(title, total) as advance:
            yield advance
    else:
        yield _Lines(title, total)


@contextmanager
def _bar(title: str, total: int) -> Iterator[Advance]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    start = time.monotonic()
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=total, rate="")

        def advance(images: int) -> None:
            bar.advance(task, images)
            done = bar.tasks[0].completed
            bar.update(task, rate=f"{done / max(time.monotonic() - start, 1e-9):.1f} images/s")

        yield advance


class _Lines:
    """A line at most every ten seconds, and one at the end."""

    def __init__(self, title: str, total: int) -> None:
        self.title = title
        self.total = total
        self.done = 0
        self.start = self.last = time.monotonic()

    def __call__(self, images: int) -> None:
        self.done += images
        now = time.monotonic()
        if now - self.last < 10 and self.done < self.total:
            return
        self.last = now
        rate = self.done / max(now - self.start, 1e-9)
        left = (self.total - self.done) / max(rate, 1e-9)
        print(
            f"{self.title}: {self.done} of {self.total} images, {rate:.1f} images/s, {left:.0f} s left",
            file=sys.stderr,
            flush=True,
        )
