"""Which set of weights in a file, and which architecture: chosen together, since one decides the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from ..errors import ModelError, UsageError
from .fit import fit
from .recognise import Match, identify, quickly, shapes_of
from .spec import parse_spec
from .state_dict import readings
from .variants import variant
from .weights import candidates


def match(
    content: object,
    arch: str | None,
    *,
    exact: bool = False,
    allow_missing: Sequence[str] = (),
    key: str | None = None,
) -> Match:
    """Return the fit of an architecture to the one set of weights in ``content`` that fits, and these weights.

    Parameters
    ----------
    content
        What was read from the file.
    arch
        The architecture, or ``None`` to recognise it.
    exact
        Whether ``arch`` is complete, so that nothing is guessed from the shapes.
    allow_missing
        Patterns of names that may be missing.
    key
        The place of the weights to take, where several fit.

    Raises
    ------
    ModelError
        If there are no weights, none fit, or several sets do, naming them.
    UsageError
        If ``key`` names no set of weights, listing those there are.
    """
    places = candidates(content)
    if not places:
        raise ModelError("the file holds no weights: expected tensors by name")
    if key is not None:
        if key not in places:
            raise UsageError(f"unknown key {key!r}: the file holds weights at {_listed(places)}")
        places = {key: places[key]}
    if arch is None and len(places) > 1:
        likely = {place: quickly(state, allow_missing=allow_missing) for place, state in places.items()}
        places = {place: places[place] for place, each in likely.items() if each is not None} or places
    found: dict[str, Match] = {}
    errors: dict[str, ModelError] = {}
    for place, state in places.items():
        try:
            found[place] = _one(state, arch, exact, allow_missing)
        except ModelError as error:
            errors[place] = error
    if len(found) > 1:
        raise ModelError(f"the file holds several networks, at {_listed(found)}: choose one with --key (key=)")
    if found:
        return next(iter(found.values()))
    if len(errors) == 1:
        raise next(iter(errors.values()))
    raise ModelError(f"of the weights at {_listed(errors)} none can be used; at {_first(errors)}")


def _one(state: Mapping[str, Tensor], arch: str | None, exact: bool, allow_missing: Sequence[str]) -> Match:
    if arch is None:
        return identify(state, allow_missing=allow_missing)
    tried: list[Match] = []
    for reading in readings(state):
        shapes = shapes_of(reading)
        spec = parse_spec(arch) if exact else variant(parse_spec(arch), shapes)
        tried.append((fit(spec, shapes, allow_missing=allow_missing), reading))
        if tried[-1][0].good:
            return tried[-1]
    nearest = max((each for each, _ in tried), key=lambda each: each.likeness)
    hint = "; --allow-missing PATTERN (allow_missing=) lets some be missing" if nearest.missing else ""
    raise ModelError(f"the weights do not fit {nearest.spec}: {nearest.difference()}{hint}")


def _listed(places: Mapping[str, object]) -> str:
    return ", ".join(place or "the top" for place in places)


def _first(errors: Mapping[str, ModelError]) -> str:
    place, error = next(iter(errors.items()))
    return f"{place or 'the top'}: {error}"
