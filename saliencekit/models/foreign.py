"""Code that is not ours: what it may raise, and how that is said in one sentence."""

from __future__ import annotations

import pickle
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from ..devices import is_out_of_memory
from ..errors import ModelError, SaliencekitError

# What unpickling or building somebody's network can end in; an interrupt or an exit passes through.
FOREIGN = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    ImportError,
    LookupError,
    NameError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    pickle.PickleError,
    struct.error,
)


@contextmanager
def said_in_one_sentence(doing: str) -> Iterator[None]:
    """Turn whatever foreign code raises into :class:`ModelError` that says what was being done.

    >>> with said_in_one_sentence("building mine:Net"):
    ...     int("x")
    Traceback (most recent call last):
    ...
    saliencekit.errors.ModelError: building mine:Net failed with ValueError: invalid literal for int() with base 10: 'x'
    """
    try:
        yield
    except SaliencekitError:
        raise
    except FOREIGN as error:
        raise ModelError(f"{doing} failed with {type(error).__name__}: {first_line(error)}") from error


@contextmanager
def network_at_fault(shape: Sequence[int]) -> Iterator[None]:
    """Say of whatever a network raises on its own, on images of this (C, H, W), that it is the network's.

    A lack of memory is not, and passes through.

    >>> with network_at_fault((3, 8, 8)):
    ...     raise KeyError("fc")
    Traceback (most recent call last):
    ...
    saliencekit.errors.ModelError: the network failed on images of (C, H, W) = (3, 8, 8): KeyError: 'fc'
    """
    try:
        yield
    except SaliencekitError:
        raise
    except Exception as error:  # a network may raise classes of its own
        if is_out_of_memory(error):
            raise
        raise ModelError(
            f"the network failed on images of (C, H, W) = {tuple(shape)}: {type(error).__name__}: {first_line(error)}"
        ) from error


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message, at most 300 characters, with control characters shown."""
    line = next((line for line in str(error).splitlines() if line.strip()), "no message").strip()
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line[:300])
