"""Where a training command's values come from: its flags, then a TOML file, then a recipe of this package."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

from cyclopts import App, ArgumentCollection
from cyclopts.config import Dict

from ..errors import EnvironmentFault, UsageError
from ..training.named_recipes import recipe_file

CONFIG, RECIPE = "CONFIG", "--recipe"
PATHS = ("data", "human-maps", "weights", "output")  # relative to the file that names them


def values_from_files(app: App, commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
    """Fill in what no flag says, from CONFIG, then from the recipe; cyclopts calls this.

    Raises
    ------
    UsageError
        If CONFIG is no file or no TOML, or a value is a table or of another type; cyclopts refuses unknown keys.
    EnvironmentFault
        If CONFIG may not be read.
    """
    config = _given(arguments, CONFIG)
    if config is not None:
        _fill(_with_paths(_read(Path(config)), Path(config).parent), config, app, commands, arguments)
    word = _given(arguments, RECIPE)
    path = recipe_file("droid" if word is None else word)
    _fill(_read(path), f"the recipe {path.stem}", app, commands, arguments)


def seeds_of(text: str) -> tuple[int, ...]:
    """Return the seeds that a text names: ``"3"``, ``"0-9"`` or ``"0,2,5-7"``.

    >>> seeds_of("0,2,5-7")
    (0, 2, 5, 6, 7)
    """
    seeds: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()) or (dash and int(last) < int(first)):
            raise UsageError(f"the seeds {text!r} cannot be read: expected a number, a range 0-9, or a list 0,2,5-7")
        seeds += range(int(first), int(last if dash else first) + 1)
    if len(set(seeds)) < len(seeds):
        raise UsageError(f"the seeds {text!r} name one twice")
    return tuple(seeds)


def _fill(values: dict[str, Any], source: str, app: App, commands: tuple[str, ...], known: ArgumentCollection) -> None:
    _check_types(values, source, known)
    data: dict[str, Any] = values
    for command in reversed(commands):
        data = {command: data}
    Dict(data, source=source)(app, commands, known)


def _check_types(values: dict[str, Any], source: str, known: ArgumentCollection) -> None:
    """Refuse what would be read as something else than it says: ``epochs = 1.5`` would become 2."""
    flags = {name: each for each in known for name in each.names}
    for key, value in values.items():
        flag = flags.get(_flag(key))
        whole = flag is not None and flag.hint in (int, int | None)
        if isinstance(value, dict):
            raise UsageError(f"key `{key}` of {source} must be a value, and is a table")
        if whole and isinstance(value, float | bool):
            raise UsageError(f"key `{key}` of {source} must be a whole number, and is {value!r}")


def _with_paths(values: dict[str, Any], folder: Path) -> dict[str, Any]:
    return {
        key: os.path.normpath(folder / value) if _flag(key)[2:] in PATHS and isinstance(value, str) else value
        for key, value in values.items()
    }


def _read(path: Path) -> dict[str, Any]:
    try:
        if not path.is_file():  # a pipe would be waited for
            reason = "it is no file" if path.exists() else "there is no such file"
            raise UsageError(f"cannot read {CONFIG} {path}: {reason}")
        content = path.read_bytes()
    except OSError as error:
        raise EnvironmentFault(f"cannot read {path}: {error.strerror}") from error
    try:
        return tomllib.loads(content.decode("utf-8"))
    except ValueError as error:  # of TOML or of UTF-8
        raise UsageError(f"{path} is not TOML: {error}") from error


def _given(arguments: ArgumentCollection, name: str) -> str | None:
    for each in arguments:
        if name in each.names and each.tokens:
            return each.tokens[0].value
    return None


def _flag(key: str) -> str:
    return f"--{key.replace('_', '-')}"
