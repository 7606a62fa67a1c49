"""What an explanation is in its folder: predictions.json, written as the images go by."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TextIO

from ..errors import DataError, InputError
from ..files import written_whole

SCHEMA_VERSION = 1
FILE = "predictions.json"


@dataclass(frozen=True)
class Explanation:
    """Explained images.

    Parameters
    ----------
    folder
        Where the files are.
    explained, skipped
        How many images were, and how many could not be read.
    """

    folder: Path
    explained: int
    skipped: int

    @cached_property
    def predictions(self) -> dict[str, Any]:
        """The content of ``predictions.json``."""
        found: dict[str, Any] = json.loads((self.folder / FILE).read_text(encoding="utf-8"))
        return found


def load_explanation(folder: str | Path) -> Explanation:
    """Return the explanation in ``folder``.

    Raises
    ------
    InputError
        If there is none, or another version of this package wrote it.
    """
    try:
        plain = json.loads((Path(folder) / FILE).read_text(encoding="utf-8"))
        if plain["schema_version"] != SCHEMA_VERSION:
            raise InputError(f"{folder} has schema {plain['schema_version']}: this version reads {SCHEMA_VERSION}")
        return Explanation(Path(folder), len(plain["images"]), len(plain["skipped"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        if isinstance(error, InputError):
            raise
        raise DataError(f"{folder} holds no explanation that can be read: {error}") from error


class Writer:
    """Writes ``predictions.json`` entry by entry, so that memory stays flat."""

    def __init__(self, stream: TextIO, head: Mapping[str, Any]) -> None:
        self._stream, self.count = stream, 0
        text = json.dumps({"schema_version": SCHEMA_VERSION, **head}, indent=2, ensure_ascii=False, allow_nan=False)
        stream.write(text.removesuffix("\n}") + ',\n  "images": [')

    def add(self, entry: Mapping[str, Any]) -> None:
        """Write what is known of one image."""
        text = json.dumps(entry, indent=2, ensure_ascii=False, allow_nan=False).replace("\n", "\n    ")
        self._stream.write(("," if self.count else "") + "\n    " + text)
        self.count += 1

    def close(self, skipped: list[dict[str, str]]) -> None:
        """Write the end: what was skipped, by name and with the reason."""
        text = json.dumps(skipped, indent=2, ensure_ascii=False).replace("\n", "\n  ")
        self._stream.write(("\n  " if self.count else "") + f'],\n  "skipped": {text}\n}}\n')


@contextmanager
def predictions_file(folder: Path, head: Mapping[str, Any]) -> Iterator[Writer]:
    """Give the writer of ``predictions.json``, which is there when the block has ended well."""
    with written_whole(folder / FILE) as temporary, temporary.open("w", encoding="utf-8") as stream:
        yield Writer(stream, head)


def written_before(folder: Path) -> list[Path]:
    """Return the files of the explanation that is in ``folder``, as its ``predictions.json`` lists them."""
    if not (folder / FILE).is_file():
        return []
    plain = load_explanation(folder).predictions
    names = [
        each[kind] for image in plain["images"] for each in image["salience"].values() for kind in ("map", "overlay")
    ]
    names += [image["figure"] for image in plain["images"] if image["figure"]]
    return [folder / FILE, *(folder / Path(name).name for name in names)]
