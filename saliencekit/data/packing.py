"""Many texts in one block of memory: a hundred thousand paths as two arrays instead of as many objects."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

import numpy


class PackedTexts:
    r"""Texts by number, read only; whatever a path may hold survives, also bytes that are no UTF-8.

    Small to send to another process, and shared with forked ones, where a list would be copied page by page
    as its objects are counted.

    Parameters
    ----------
    texts
        Paths, names or identities; None counts as an empty text.

    Examples
    --------
    >>> texts = PackedTexts(["real/a.png", None, "caf\udce9.png"])
    >>> len(texts), texts[0], texts[1], texts[2] == "caf\udce9.png"
    (3, 'real/a.png', '', True)
    """

    def __init__(self, texts: Iterable[str | os.PathLike[str] | None]) -> None:
        lengths: list[int] = []
        block = bytearray()
        for text in texts:
            encoded = b"" if text is None else os.fsencode(text)
            block += encoded
            lengths.append(len(encoded))
        self._block = numpy.frombuffer(bytes(block), dtype=numpy.uint8)
        self._ends = numpy.cumsum(lengths, dtype=numpy.int64)

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, number: int) -> str:
        if not 0 <= number < len(self):
            raise IndexError(f"expected an index of 0 to {len(self) - 1}, got {number}")
        start = int(self._ends[number - 1]) if number else 0
        return os.fsdecode(self._block[start : int(self._ends[number])].tobytes())

    def __iter__(self) -> Iterator[str]:
        return (self[number] for number in range(len(self)))
