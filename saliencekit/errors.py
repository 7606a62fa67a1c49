"""What can go wrong, as one tree.

::

    SaliencekitError
    ├── UsageError          (ValueError)   exit 2   a word, option or combination that makes no sense
    ├── InputError          (ValueError)   exit 3   what was given is at fault
    │   ├── ModelError                              the checkpoint or the network
    │   │   └── UnsafeFileError                     the file would run code on loading
    │   └── DataError                               images, manifests, human maps
    ├── EnvironmentFault    (OSError)      exit 4   disk, permission, memory, device, folder in use
    └── NumericalError      (ArithmeticError) exit 5  a loss or a gradient that is not finite

Every error is also the builtin named beside it, so that ``except ValueError`` works for those who do not
know this package. Messages are one sentence that says what, where and why; where it is not obvious, a
second one says what to do.
"""

from __future__ import annotations

from typing import ClassVar


class SaliencekitError(Exception):
    """Base of every error that this package raises on purpose."""

    exit_code: ClassVar[int] = 70


class UsageError(SaliencekitError, ValueError):
    """A word, option or combination of options that makes no sense; exit code 2."""

    exit_code: ClassVar[int] = 2


class InputError(SaliencekitError, ValueError):
    """What was given is at fault: a tensor, a model or data; exit code 3."""

    exit_code: ClassVar[int] = 3


class ModelError(InputError):
    """The checkpoint cannot be read or the network cannot be explained."""


class UnsafeFileError(ModelError):
    """The file would run code of its own on loading, and that was not allowed."""


class DataError(InputError):
    """Images, manifests or human maps that cannot be used."""


class EnvironmentFault(SaliencekitError, OSError):
    """Disk, permission, memory, device, or a folder in use; exit code 4."""

    exit_code: ClassVar[int] = 4


class NumericalError(SaliencekitError, ArithmeticError):
    """A loss, gradient or output that is not a finite number; exit code 5."""

    exit_code: ClassVar[int] = 5


def one_of(word: str, known: object, what: str) -> str:
    """Return ``word`` if it is one of ``known``, else raise :class:`UsageError` that lists them all.

    >>> one_of("cam", ["cam", "grad-cam"], "salience method")
    'cam'
    """
    import difflib

    words = [str(each) for each in known]  # type: ignore[attr-defined]
    if word in words:
        return word
    near = difflib.get_close_matches(word, words, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise UsageError(f"unknown {what} {word!r}: expected one of {', '.join(words)}{hint}")
