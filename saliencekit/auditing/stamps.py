"""Whether files are what they were: their sizes and times, two numbers a file."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterable

MISSING = (-1, -1)


def stamps_of(paths: Iterable[str]) -> array[int]:
    """Return the size in bytes and the time of change in nanoseconds of each file, -1 twice for one that is not there.

    >>> stamps_of(["no/such/file"])
    array('q', [-1, -1])
    """
    stamps = array("q")
    for path in paths:
        try:
            found = os.stat(path)
            stamps.extend((found.st_size, found.st_mtime_ns))
        except OSError:
            stamps.extend(MISSING)
    return stamps


def differing(before: array[int], now: array[int]) -> list[int]:
    """Return the places of the files whose stamps differ.

    >>> differing(array("q", [1, 10, 2, 20]), array("q", [1, 10, 2, 21]))
    [1]
    """
    return [
        place for place in range(len(now) // 2) if before[2 * place : 2 * place + 2] != now[2 * place : 2 * place + 2]
    ]
