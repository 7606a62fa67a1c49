"""The table of scores: a row an image, safe to open in a spreadsheet, read back as a frame."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .classes import FAKE, REAL
from .subjects import Subjects

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

COLUMNS = ("image", "label", "group", "split", "score_sigmoid", "score_softmax", "predicted", "entropy")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def plain_cell(word: str) -> str:
    """Return ``word`` so that no spreadsheet takes it for a formula: prefixed with an apostrophe if it looks like one.

    >>> plain_cell("=cmd()"), plain_cell("real/a.png")
    ("'=cmd()", 'real/a.png')
    """
    return f"'{word}" if word.startswith(_FORMULA) else word


class Table:
    """Writes rows to an open file.

    Parameters
    ----------
    stream
        Text file.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._writer = csv.writer(stream, lineterminator="\n")
        self._writer.writerow(COLUMNS)

    def write(
        self,
        subjects: Subjects,
        index: np.ndarray,
        sigmoid: Sequence[float],
        softmax: Sequence[float],
        predicted: Sequence[str],
        entropy: Sequence[float | str],
    ) -> None:
        """Write the rows of a batch; numbers have all their digits, entropy seven."""
        for place, number in enumerate(index.tolist()):
            spread = entropy[place]
            self._writer.writerow(
                (
                    plain_cell(subjects.name(number)),
                    FAKE if subjects.synthetic[number] else REAL,
                    plain_cell(subjects.group_of(number)),
                    plain_cell(subjects.split_of(number)),
                    sigmoid[place],
                    softmax[place],
                    predicted[place],
                    spread if isinstance(spread, str) else f"{spread:.7g}",
                )
            )
        self._stream.flush()


@contextmanager
def open_table(path: Path) -> Iterator[Table]:
    """Give a table to write at ``path``."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        yield Table(stream)


def read_table(path: Path) -> pd.DataFrame:
    """Return a table of scores; words that repeat are categories."""
    import pandas as pd

    words = dict.fromkeys(("label", "group", "split", "predicted"), "category")
    return pd.read_csv(path, dtype={"image": "string", **words}, keep_default_na=False, na_values={"entropy": [""]})
