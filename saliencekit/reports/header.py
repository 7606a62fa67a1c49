"""What was audited, and how, as names and values for the head of the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from .counts import counts
from .text import NOTHING, number
from .words import duration_words, levels_words, names_words, plain_words, preprocessing_line

# Of run.json, what stands under other headings; and the hash of the summary, which is noted after the first report.
ELSEWHERE = ("settings", "versions", "fingerprint", "summary")


@dataclass(frozen=True)
class Facts:
    """Rows under one heading: a name and its values, each value a text of its own."""

    heading: str
    rows: tuple[tuple[str, tuple[str, ...]], ...]

    @classmethod
    def of(cls, heading: str, *rows: tuple[str, ...]) -> Facts:
        """Take rows of a name followed by its values."""
        return cls(heading, tuple((row[0], row[1:]) for row in rows))


def title_of(summary: Mapping[str, Any]) -> str:
    """Return the short name of what was audited: the model's file, or its architecture."""
    model = summary.get("model", {})
    if not model.get("path"):
        return model.get("arch") or "a model in memory"
    path = PurePath(model["path"])
    return path.name if path.stem != "model" or not path.parent.name else f"{path.parent.name}/{path.name}"


def class_explained(target: object) -> str:
    """Return which class the maps explain, in words.

    >>> class_explained("predicted"), class_explained("label"), class_explained("0")
    ('the predicted class', 'the labelled class', 'class 0')
    """
    words = {"predicted": "the predicted class", "label": "the labelled class"}
    return words.get(str(target), f"class {target}" if target is not None else "a class not recorded")


def facts(summary: Mapping[str, Any]) -> list[Facts]:
    """Return everything that was audited: model, data, method."""
    return [
        _model(summary.get("model", {})),
        _data(summary.get("data", {}), counts(summary)),
        _method(summary),
    ]


def record(summary: Mapping[str, Any], run: Mapping[str, Any]) -> list[Facts]:
    """Return settings, versions, and hashes: what it takes to do it again.

    Parameters
    ----------
    summary
        Content of ``summary.json``.
    run
        Content of ``run.json``; empty if there is none.
    """
    model = summary.get("model", {})
    hashes = {"SHA-256 of the model": model.get("sha256")}
    hashes |= {f"SHA-256 of {each['name']}": each.get("sha256") for each in (model.get("runs") or ())[1:]}
    fingerprints = (run.get("fingerprint") or {}).get("data") or ()
    hashes |= {f"SHA-256 of the list of {each['name']}": each.get("sha256") for each in fingerprints}
    hashes |= {name: value for name, value in run.items() if name not in ELSEWHERE}
    tables = (
        ("Settings", summary.get("settings", {})),
        ("Versions", summary.get("versions", {})),
        ("This run", hashes),
    )
    found = (
        Facts.of(heading, *((name, plain_words(value)) for name, value in table.items())) for heading, table in tables
    )
    return [each for each in found if each.rows]


def _model(model: Mapping[str, Any]) -> Facts:
    rows: list[tuple[str, ...]] = [
        ("file", model.get("path") or "in memory"),
        ("architecture", model.get("arch") or "not recognised"),
        ("parameters", number(model.get("parameters"))),
        ("classes", *names_words(model.get("classes") or ())),
        ("format", model.get("format") or NOTHING),
    ]
    if len(model.get("runs") or ()) > 1:
        rows.append(("runs compared", *names_words([run["name"] for run in model["runs"]])))
    if model.get("missing"):
        rows.append(("weights missing", *names_words(model["missing"])))
    return Facts.of("Model", *rows)


def _data(data: Mapping[str, Any], counted_images: str) -> Facts:
    others = [
        f"{each['name']}: {each['scored']:,d} of {each['listed']:,d} scored" for each in data.get("out_of_set") or ()
    ]
    return Facts.of(
        "Data",
        ("source", str(data.get("source") or NOTHING)),
        ("kind", str(data.get("kind") or NOTHING)),
        ("images", *counted_images.split("; ")),
        ("splits", *levels_words(data.get("splits") or {}, "split")),
        ("labels", *levels_words(data.get("labels") or {}, "label")),
        ("groups", *levels_words(data.get("groups") or {}, "group")),
        ("out-of-set", *(others or ["none given"])),
    )


def _method(summary: Mapping[str, Any]) -> Facts:
    model = summary.get("model", {})
    return Facts.of(
        "How",
        ("salience", model.get("salience") or NOTHING),
        ("layer", model.get("layer") or NOTHING),
        ("grid of the maps", " × ".join(str(side) for side in model.get("grid") or ()) or NOTHING),
        ("class explained", str(model.get("target") if model.get("target") is not None else NOTHING)),
        ("preprocessing", preprocessing_line(model.get("preprocessing") or {})),
        ("seed", plain_words(summary.get("settings", {}).get("seed"))),
        ("duration", duration_words(summary.get("duration_s"))),
    )
