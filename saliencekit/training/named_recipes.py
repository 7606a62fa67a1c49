"""The papers' recipes by name, and recipes out of plain keys. No torch here."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from ..errors import one_of
from .recipe import Recipe

FOLDER = Path(__file__).with_name("recipes")


def recipe_file(word: str) -> Path:
    """Return the TOML file of a recipe; an unknown word lists the known ones.

    >>> recipe_file("droid").name
    'droid.toml'
    """
    return FOLDER / f"{one_of(word, sorted(path.stem for path in FOLDER.glob('*.toml')), 'recipe')}.toml"


def recipe_named(word: str) -> Recipe:
    """Return one of this package's recipes.

    >>> recipe_named("cyborg").loss
    'cyborg'
    """
    return recipe_from(tomllib.loads(recipe_file(word).read_text(encoding="utf-8")), word)


def recipe_from(plain: Mapping[str, Any], source: str) -> Recipe:
    """Return the recipe with these keys; a key that no recipe has raises :class:`UsageError`, naming ``source``."""
    known = [field.name for field in fields(Recipe)]
    for key in plain:
        one_of(key, known, f"key of {source}")
    return Recipe(**plain)


class _Named(Mapping[str, Recipe]):
    """The recipes by name, each read when it is asked for."""

    def __getitem__(self, word: str) -> Recipe:
        return recipe_named(word)

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(path.stem for path in FOLDER.glob("*.toml")))

    def __len__(self) -> int:
        return len(list(iter(self)))


RECIPES: Mapping[str, Recipe] = _Named()
