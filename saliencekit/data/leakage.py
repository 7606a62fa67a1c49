"""What should be in one split only, and is in several: identities, groups, contents."""

from __future__ import annotations

from collections.abc import Iterable


def in_several_splits(values: Iterable[tuple[str, str | None]]) -> dict[str, tuple[str, ...]]:
    """Return the values that two or more splits hold, with these splits, both in sorted order.

    Parameters
    ----------
    values
        What each image has (a person's name, say) and its split. Images without a value or a split do not count.

    Examples
    --------
    >>> in_several_splits([("anna", "train"), ("anna", "test"), ("ben", "train"), ("", "test"), ("ben", None)])
    {'anna': ('test', 'train')}
    """
    first: dict[str, str] = {}
    several: dict[str, set[str]] = {}
    for value, split in values:
        if value and split is not None and first.setdefault(value, split) != split:
            several.setdefault(value, {first[value]}).add(split)
    return {value: tuple(sorted(several[value])) for value in sorted(several)}
