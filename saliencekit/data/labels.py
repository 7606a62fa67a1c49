"""Words for classes and splits: which of them mean real, fake, train, val and test."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..errors import DataError

BINARY_CLASSES = ("real", "fake")
REAL_WORDS = frozenset(
    ("real", "genuine", "bonafide", "authentic", "original", "pristine", "natural", "nature", "live")
)
FAKE_WORDS = frozenset(
    (
        *("fake", "synthetic", "synthesized", "forged", "forgery", "generated", "manipulated", "tampered"),
        *("deepfake", "spoof", "attack", "ai"),
    )
)
SPLIT_WORDS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev", "development"), "val"),
    **dict.fromkeys(("test", "testing"), "test"),
}
MOST_CLASSES = 100_000

_NUMBER = re.compile(r"[0-9]{1,9}(\.0*)?")


def binary_label(word: str) -> int | None:
    """Return 0 for a word that means real, 1 for one that means fake or synthetic, None for any other.

    Case, hyphens, underscores and blanks do not matter; ``0_`` before a real word and ``1_`` before a fake
    one do not either. ``0_fake`` is left alone: its number and its word say different things.

    >>> [binary_label(word) for word in ("0_real", "Bona-Fide", "1_fake", "Synthetic", "0_fake", "cat")]
    [0, 0, 1, 1, None, None]
    """
    plain = re.sub(r"[\s_-]+", "", word.strip().lower())
    if plain.removeprefix("0") in REAL_WORDS:
        return 0
    if plain.removeprefix("1") in FAKE_WORDS:
        return 1
    return None


def split_name(word: str) -> str:
    """Return train, val or test for the words that mean them, and any other word as it is.

    >>> split_name("Validation"), split_name("fold-3")
    ('val', 'fold-3')
    """
    return SPLIT_WORDS.get(word.strip().lower(), word.strip())


def resolve_labels(words: Mapping[str, str]) -> tuple[tuple[str, ...], dict[str, int]]:
    """Return the classes and the label of each word.

    Words that mean real and fake, or the numbers 0 and 1, give the classes ``("real", "fake")``. Other whole
    numbers are the labels themselves. Any other names are classes in sorted order.

    Parameters
    ----------
    words
        Each different label word, with where it was first met ("line 3", "folder 'cat'").

    Raises
    ------
    DataError
        If numbers and words are mixed, or if a word that means neither real nor fake stands beside ones
        that do: sorting it among them could turn the positive class round.

    >>> resolve_labels({"Synthetic": "line 2", "Real": "line 3"})
    (('real', 'fake'), {'Synthetic': 1, 'Real': 0})
    >>> resolve_labels({"dog": "line 2", "cat": "line 3"})
    (('cat', 'dog'), {'dog': 1, 'cat': 0})
    """
    numbers = {word: int(float(word)) for word in words if _NUMBER.fullmatch(word)}
    if numbers and len(numbers) < len(words):
        number, word = next(iter(numbers)), next(word for word in words if word not in numbers)
        raise DataError(
            f"labels mix numbers ({number!r}, {words[number]}) and words ({word!r}, {words[word]}): use one"
        )
    if numbers:
        return _numbered(numbers, words)
    binary = {word: label for word in words if (label := binary_label(word)) is not None}
    others = sorted(set(words) - set(binary))
    if binary and not others:
        return BINARY_CLASSES, binary
    if binary and (len(words) == 2 or len(set(binary.values())) == 2):
        raise DataError(
            f"label {others[0]!r} ({words[others[0]]}) means neither real nor fake, while others do:"
            f" write real or fake, or give every class a name of its own"
        )
    classes = tuple(sorted(words))
    place = {name: position for position, name in enumerate(classes)}
    return classes, {word: place[word] for word in words}


def _numbered(numbers: Mapping[str, int], words: Mapping[str, str]) -> tuple[tuple[str, ...], dict[str, int]]:
    largest = max(numbers, key=lambda word: numbers[word])
    if numbers[largest] >= MOST_CLASSES:
        raise DataError(f"label {largest!r} ({words[largest]}) is no class number: expected 0 to {MOST_CLASSES - 1}")
    if numbers[largest] <= 1:
        return BINARY_CLASSES, dict(numbers)
    return tuple(str(number) for number in range(numbers[largest] + 1)), dict(numbers)
