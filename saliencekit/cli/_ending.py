"""How every ending of a command becomes an exit code, and a mistake one sentence on stderr."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import Any

from cyclopts import CycloptsError

from ..errors import SaliencekitError
from ._app import app

BUG, MEMORY = 70, 4


def main(tokens: Sequence[str] | None = None) -> None:
    """Run a command and leave with its exit code; an error is one sentence on stderr."""
    words = list(sys.argv[1:] if tokens is None else tokens)
    debug = "--debug" in words
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        sys.exit(_run([word for word in words if word != "--debug"], debug=debug))
    finally:
        signal.signal(signal.SIGTERM, before)


class _Terminated(BaseException):
    """SIGTERM arrived: everything is left as an interrupt from the keyboard leaves it."""


def _terminate(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise _Terminated


def _run(words: list[str], *, debug: bool) -> int:
    try:
        code = app(words, exit_on_error=False, print_error=False)
        return code if isinstance(code, int) else 0
    except CycloptsError as error:
        return fail(str(error), 2)
    except SaliencekitError as error:
        if debug:
            raise
        return fail(str(error), error.exit_code)
    except (KeyboardInterrupt, _Terminated) as stop:
        code = 130 if isinstance(stop, KeyboardInterrupt) else 143
        return fail("stopped; what was done is kept, and a command that has --resume goes on from there", code)
    except MemoryError:
        return fail("out of memory: choose a smaller --batch-size or --workers", MEMORY)
    except Exception as error:  # the last resort, where a bug of ours becomes its exit code
        if debug:
            raise
        if type(error).__name__ == "OutOfMemoryError":
            return fail(f"the device is out of memory: {str(error).splitlines()[0]}", MEMORY)
        return fail(f"a bug in saliencekit: {type(error).__name__}: {error}; --debug shows where", BUG)


def fail(sentence: str, code: int) -> int:
    """Say on stderr why the command ends with ``code``, and return it."""
    print(f"saliencekit: {sentence}", file=sys.stderr)
    return code


def print_json(content: Any) -> None:
    """Print on stdout what a program can read."""
    import json

    print(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False))
