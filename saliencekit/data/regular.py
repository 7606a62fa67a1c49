"""Opening a file without ever waiting: what is no regular file is refused before it is opened."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from ..errors import DataError

_KINDS = {
    stat.S_IFDIR: "it is a folder",
    stat.S_IFIFO: "it is a FIFO, not a regular file",
    stat.S_IFSOCK: "it is a socket, not a regular file",
    stat.S_IFCHR: "it is a character device, not a regular file",
    stat.S_IFBLK: "it is a block device, not a regular file",
}
_SYSTEM_REASONS = {
    errno.ENOENT: "the file does not exist",
    errno.ENOTDIR: "a part of its path is no folder",
    errno.ELOOP: "its links go round in a circle",
    errno.ENAMETOOLONG: "its name is too long for this system",
    errno.EACCES: "there is no permission to read it",
    errno.EPERM: "there is no permission to read it",
}


def why_not_regular(mode: int) -> str | None:
    """Return why a file of this ``st_mode`` is no regular file, or None if it is one."""
    if stat.S_ISREG(mode):
        return None
    return _KINDS.get(stat.S_IFMT(mode), "it is no regular file")


def system_reason(error: OSError) -> str:
    """Return what the system reported, in the words that this package uses."""
    return _SYSTEM_REASONS.get(error.errno or 0, error.strerror or str(error))


def open_regular(path: str | os.PathLike[str]) -> BinaryIO:
    """Open a regular file for reading; the caller closes it.

    The file is looked at before it is opened, since a FIFO would block for ever and a device may act on being
    opened, and once more afterwards, in case it was exchanged in between.

    Raises
    ------
    DataError
        With the bare reason, no path: the file is missing, empty or not a regular file.
    PermissionError
        If it may not be read. The caller knows whether that is one image or the whole data set.
    """
    try:
        reason = why_not_regular(os.stat(path).st_mode)
        if reason is None:
            handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except PermissionError:
        raise
    except FileNotFoundError as error:
        dangling = Path(path).is_symlink()
        raise DataError("it is a link that leads nowhere" if dangling else system_reason(error)) from error
    except OSError as error:
        raise DataError(system_reason(error)) from error
    except ValueError as error:  # a NUL in the name
        raise DataError(f"its name cannot be used ({error})") from error
    if reason is not None:
        raise DataError(reason)
    stream = os.fdopen(handle, "rb")
    found = os.fstat(stream.fileno())
    reason = why_not_regular(found.st_mode) or ("it is empty" if found.st_size == 0 else None)
    if reason is not None:
        stream.close()
        raise DataError(reason)
    return stream
