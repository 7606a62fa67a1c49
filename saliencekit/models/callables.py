"""Somebody's own network: ``package.module:callable`` found, and asked what it takes."""

from __future__ import annotations

import importlib
import inspect
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..errors import UsageError
from .foreign import said_in_one_sentence
from .spec import Spec


def imported(spec: Spec) -> Callable[..., object]:
    """Return the callable that ``spec`` names, from Python's path or from the working folder.

    Raises
    ------
    UsageError
        If there is no such module, or no such callable in it.
    ModelError
        If the module fails while it is imported.

    Examples
    --------
    >>> imported(Spec("torch.nn", "Linear"))
    <class 'torch.nn.modules.linear.Linear'>
    """
    with _working_folder_on_path(), said_in_one_sentence(f"importing {spec.room}"):
        try:
            found: object = importlib.import_module(spec.room)
        except ModuleNotFoundError as error:
            raise UsageError(f"the module of {spec} cannot be found: {error}") from error
    for part in spec.name.split("."):
        found = getattr(found, part, None)
    if not callable(found):
        raise UsageError(f"{spec.room} has no callable {spec.name}")
    return found


def accepts_num_classes(make: Callable[..., object]) -> bool:
    """Whether ``make`` has a parameter ``num_classes``, or takes any keyword."""
    try:
        parameters = inspect.signature(make).parameters
    except (TypeError, ValueError):  # written in C, without a signature
        return False
    return "num_classes" in parameters or any(each.kind is each.VAR_KEYWORD for each in parameters.values())


@contextmanager
def _working_folder_on_path() -> Iterator[None]:
    before = list(sys.path)
    sys.path.append(os.getcwd())  # last, so that it hides nothing that is installed
    try:
        yield
    finally:
        sys.path[:] = before
