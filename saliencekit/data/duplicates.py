"""Images with the same content: which rows of a table of digests are equal."""

from __future__ import annotations

from typing import Any

import numpy


def equal_rows(digests: numpy.ndarray[Any, Any], counted: numpy.ndarray[Any, Any]) -> list[list[int]]:
    """Return the groups of two or more equal rows, each and all in rising order.

    Parameters
    ----------
    digests
        (N, d), uint8.
    counted
        (N,), bool: rows that take part.

    Examples
    --------
    >>> rows = numpy.array([[1, 2], [3, 4], [1, 2], [3, 4]], dtype=numpy.uint8)
    >>> equal_rows(rows, numpy.array([True, True, True, False]))
    [[0, 2]]
    """
    places = numpy.flatnonzero(counted)
    if len(places) < 2:
        return []
    rows = numpy.ascontiguousarray(digests[places])
    keys = rows.view(numpy.dtype((numpy.void, rows.shape[1])))[:, 0]
    _, inverse, counts = numpy.unique(keys, return_inverse=True, return_counts=True)
    several = numpy.flatnonzero(counts[inverse] > 1)  # few, as a rule
    groups: dict[int, list[int]] = {}
    for at in several.tolist():
        groups.setdefault(int(inverse[at]), []).append(int(places[at]))
    return sorted(groups.values())
