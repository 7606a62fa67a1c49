"""What can be wrong with a data set, each as one sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from .duplicates import equal_rows
from .human_maps import MatchedMaps
from .leakage import in_several_splits
from .looking import ASPECT, FLAT, UNREADABLE, Look
from .samples import Collection, Sample

Severity = Literal["error", "warning"]
NOT_THERE = ("the file does not exist", "it is a link that leads nowhere")
TRAINED = ("train", "val")


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Parameters
    ----------
    severity
        ``"error"`` for what makes results wrong or stops a run, ``"warning"`` for what is worth a look.
    kind
        A word for programs, such as ``"same-content-across-splits"``.
    sentence
        What is wrong, with the first example.
    examples
        All images or values that it is about.
    """

    severity: Severity
    kind: str
    sentence: str
    examples: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return plain words, for JSON."""
        return {**vars(self), "examples": list(self.examples)}


def file_findings(collection: Collection) -> Iterator[Finding]:
    """Yield what the list of files itself shows: rows that take no part, images without a split or a label."""
    if collection.excluded:
        first, names = collection.excluded[0], tuple(each.image for each in collection.excluded)
        said = f"{_many(len(names), 'listed file takes', 'listed files take')} no part; {first.image!r}: {first.reason}"
        yield Finding("warning", "excluded", f"{said}.", names)
    if collection.splits:
        stray = tuple(sample.image for sample in collection.samples if sample.split is None)
        if stray:
            said = f"{_many(len(stray), 'image is', 'images are')} in no split, while others are; {stray[0]!r}"
            yield Finding("warning", "no-split", f"{said} is the first.", stray)


def class_findings(collection: Collection) -> Iterator[Finding]:
    """Yield what is missing for training: labels, splits, and classes in a split."""
    if not collection.classes:
        yield Finding("warning", "no-labels", "Nothing is labelled, so no detector can be trained or evaluated on it.")
        return
    labels: dict[str | None, set[int | None]] = {}
    for sample in collection.samples:
        labels.setdefault(sample.split, set()).add(sample.label)
    for needed in TRAINED:
        if needed not in labels:
            yield Finding("warning", "no-such-split", f"No image is in the split {needed!r}, which training needs.")
    for split in sorted(labels, key=str):
        for label, word in enumerate(collection.classes):
            if label not in labels[split]:
                severity: Severity = "error" if split in TRAINED else "warning"
                where = f"of the split {split!r}" if split is not None else "outside of the splits"
                yield Finding(severity, "class-missing", f"No image {where} is of the class {word!r}.", (word,))


def leakage_finding(word: str, column: str, values: Iterable[tuple[str, str | None]]) -> list[Finding]:
    """Return an error if values of a column are in several splits."""
    leaks = in_several_splits(values)
    if not leaks:
        return []
    first, splits = next(iter(leaks.items()))
    said = f"{_many(len(leaks), 'value', 'values')} of the column {column!r} {_are(len(leaks))} in several splits"
    return [Finding("error", f"{word}-across-splits", f"{said}; {first!r} is in {_and(splits)}.", tuple(leaks))]


def look_findings(collection: Collection, look: Look) -> Iterator[Finding]:
    """Yield what reading the images showed: missing and unreadable files, and what tells the classes apart."""
    samples = collection.samples
    missing = [place for place, reason in look.failures.items() if reason in NOT_THERE]
    unreadable = [place for place, reason in look.failures.items() if reason not in NOT_THERE]
    for kind, places, what in (("missing", missing, "does not exist"), ("unreadable", unreadable, "cannot be read")):
        if places:
            names = tuple(samples[place].image for place in places)
            several = {"does not exist": "do not exist"}.get(what, what)
            said = f"{_many(len(names), f'image {what}', f'images {several}')}; {names[0]!r}"
            yield Finding("error", kind, f"{said}: {look.failures[places[0]]}.", names)
    for word, counts in look.kinds.items():
        by_label: dict[int, set[str]] = {}
        for value, label in counts:
            if label is not None:
                by_label.setdefault(label, set()).add(value)
        of_classes = [by_label[label] for label in sorted(by_label)]
        total = sum(len(values) for values in of_classes)
        if len(of_classes) > 1 and len(set().union(*of_classes)) == total:
            told = "; ".join(
                f"{collection.classes[label]}: {', '.join(sorted(by_label[label])[:3])}" for label in sorted(by_label)
            )
            yield Finding(
                "warning", f"{word}-tells-class", f"The {word} of a file alone tells the classes apart ({told})."
            )


def content_findings(collection: Collection, look: Look) -> Iterator[Finding]:
    """Yield what is listed more than once: across splits or under two labels (errors), or within a split."""
    samples = collection.samples
    across, labels, within = [], [], []
    for group in equal_rows(look.digests, look.good):
        splits = {samples[place].split for place in group} - {None}
        if len(splits) > 1:
            across.append(group)
        if len({samples[place].label for place in group}) > 1:
            labels.append(group)
        if len(splits) <= 1 and len({samples[place].label for place in group}) == 1:
            within.append(group)
    kinds: tuple[tuple[Severity, str, list[list[int]], str], ...] = (
        ("error", "same-content-across-splits", across, "in several splits"),
        ("error", "same-content-two-labels", labels, "under several labels"),
        ("warning", "same-content", within, "listed more than once"),
    )
    for severity, kind, groups, how in kinds:
        if groups:
            one, other = _two(collection, groups[0], "label" if groups is labels else "split")
            said = f"{_many(len(groups), 'picture is', 'pictures are')} {how}, by the decoded pixels; {one} is {other}."
            names = tuple(samples[place].image for group in groups for place in group)
            yield Finding(severity, kind, said, names)


def map_findings(matched: MatchedMaps, look: Look) -> Iterator[Finding]:
    """Yield which human maps cannot be used, and which belong to no image."""
    samples = matched.collection.samples
    counted = Counter(kind for kind, _ in look.map_failures.values())
    for kind, word in ((UNREADABLE, "unreadable-map"), (FLAT, "flat-map"), (ASPECT, "map-aspect")):
        if counted[kind]:
            places = [place for place, (found, _) in look.map_failures.items() if found == kind]
            first = look.map_failures[places[0]][1]
            said = (
                f"{_many(len(places), 'human map', 'human maps')} cannot be used; that of {samples[places[0]].image!r}"
            )
            yield Finding("warning", word, f"{said}: {first}.", tuple(samples[place].image for place in places))
    if matched.extra:
        said = f"{_many(len(matched.extra), 'human map belongs', 'human maps belong')} to no image"
        yield Finding("warning", "extra-map", f"{said}; {matched.extra[0]!r} is the first.", matched.extra)


def _two(collection: Collection, group: list[int], attribute: str) -> tuple[str, str]:
    """Name two images of a group, ones that differ in the attribute if any do."""
    members = [collection.samples[place] for place in group]
    known = [member for member in members if getattr(member, attribute) is not None] or members
    first = known[0]
    others = [each for each in known if getattr(each, attribute) != getattr(first, attribute)]
    return _named(first, collection.classes), _named(others[0] if others else members[-1], collection.classes)


def _named(sample: Sample, classes: tuple[str, ...]) -> str:
    label = None if sample.label is None else classes[sample.label]
    inside = ", ".join(word for word in (label, sample.split) if word is not None)
    return f"{sample.image!r} ({inside})" if inside else repr(sample.image)


def _many(count: int, one: str, several: str) -> str:
    return f"{count:,} {one if count == 1 else several}"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _and(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
