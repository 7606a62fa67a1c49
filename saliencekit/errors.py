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

MOST_LISTED = 30


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
    """Return ``word`` if it is one of ``known``, else raise :class:`UsageError` that lists them, of many the nearest.

    >>> one_of("cam", ["cam", "grad-cam"], "salience method")
    'cam'
    """
    words = [str(each) for each in known]  # type: ignore[attr-defined]
    if word in words:
        return word
    many = len(words) > MOST_LISTED
    near = _nearest(word, words, many=many)
    hint = f"; did you mean {', '.join(repr(each) for each in near)}?" if near else ""
    listed = f"{len(words)} known" if many else ", ".join(words)
    raise UsageError(f"unknown {what} {word!r}: expected one of {listed}{hint}")


def _nearest(word: str, words: list[str], *, many: bool) -> list[str]:
    """Return the words most like ``word``: at most one, and that alike, unless ``many`` are not all listed."""
    import difflib

    if not many:
        return difflib.get_close_matches(word, words, n=1)
    holding = [each for each in words if word.lower() in each][:3]
    return difflib.get_close_matches(word, words) or holding or difflib.get_close_matches(word, words, cutoff=0.0)
