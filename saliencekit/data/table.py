"""Reading CSV text strictly: every fault is a sentence with the line in it."""

from __future__ import annotations

import codecs
import csv
import io
import os
import posixpath
from collections.abc import Iterator
from pathlib import Path

from ..errors import DataError, EnvironmentFault
from .regular import open_regular

SEPARATORS = (",", ";", "\t")


def read_text(path: str | os.PathLike[str]) -> str:
    """Return the text of a file: UTF-8 with or without BOM, or UTF-16 with one.

    Bytes that are no UTF-8 survive as surrogates, so that the file names they stand for are found.

    Raises
    ------
    DataError
        If it is missing, empty, no regular file or no text.
    EnvironmentFault
        If it may not be read.
    """
    try:
        with open_regular(path) as stream:
            content = stream.read()
        utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        text = content.decode("utf-16") if utf16 else content.decode("utf-8-sig", "surrogateescape")
    except UnicodeDecodeError as error:
        raise DataError(f"cannot read {path}: it is no text ({error.reason})") from error
    except DataError as error:
        raise DataError(f"cannot read {path}: {error}") from error
    except PermissionError as error:
        raise EnvironmentFault(f"cannot read {path}: there is no permission to read it") from error
    except OSError as error:
        raise EnvironmentFault(f"cannot read {path}: {error.strerror or error}") from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise DataError(f"cannot read {path}: there is a NUL in line {line}, so it is no CSV text")
    return text


def first_line(text: str) -> str:
    """Return the first line that is not empty, without its line break."""
    return io.StringIO(text.lstrip("\r\n"), newline="").readline().rstrip("\r\n")


def read_rows(text: str, *, separator: str, source: object) -> Iterator[tuple[int, list[str]]]:
    """Yield each row that is not blank with the number of the line it ends in, counted from 1.

    Raises
    ------
    DataError
        For quotes that do not close or that close before the field ends, and for over-long fields.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        for row in reader:
            if any(row):
                yield reader.line_num, row
    except csv.Error as error:
        raise DataError(f"cannot read {source}: line {reader.line_num} is no valid CSV ({error})") from error


class PathRule:
    """Turns the paths of a table into paths below its folder, and refuses those that lead out.

    Parameters
    ----------
    root
        The folder that paths are relative to.
    source
        The table, for error messages.
    allow_outside
        Take those that lead out as well.
    """

    def __init__(self, root: Path, *, source: object, allow_outside: bool = False) -> None:
        self.root = root
        self.source = source
        self.allow_outside = allow_outside
        self._absolute = os.path.abspath(root)

    def relative(self, written: str, line: int) -> str:
        """Return ``written`` relative to the root, normalised; the file need not exist.

        An absolute path out of the root stays absolute, where that is allowed.

        Raises
        ------
        DataError
            If it is empty, holds a line break, or leads out of the root by ``..`` or by being absolute and that
            is not allowed.
        """
        plain = not written.startswith(("/", ".")) and "/." not in written and "//" not in written
        if plain and written and "\n" not in written and "\r" not in written and written[-1] != "/":
            return written
        where = f"line {line} of {self.source}"
        if "\n" in written or "\r" in written:
            raise DataError(f"{where}: the path has a line break in it, which an unbalanced quote leaves")
        path = written
        if path.startswith("/"):
            path = os.path.relpath(path, self._absolute)
        path = posixpath.normpath(path) if path else "."
        if path == ".." or path.startswith("../"):
            if not self.allow_outside:
                raise DataError(
                    f"{where}: the path {written!r} leads out of the folder {self.root},"
                    f" which takes an explicit permission (allow_outside)"
                )
            path = posixpath.normpath(written) if written.startswith("/") else path
        if path == ".":
            raise DataError(f"{where}: the path {written!r} names no file")
        return path
