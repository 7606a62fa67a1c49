"""What an audit says of itself: the data and what became of each image, the model, the versions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..measures import OutOfSet
from ..measures.kinds import KINDS
from .engine import Engine
from .parts import Account
from .plan import Plan
from .subjects import Subjects

Plain = dict[str, Any]
ENGINES = ("torch", "torchvision", "numpy", "scipy", "pandas", "pyarrow", "pillow")


def data_account(plan: Plan) -> Plain:
    """Return the images listed, scored, skipped and excluded, each once, with counts by label and group."""
    accounts = list(plan.parts(0).accounts())
    skipped = [{"image": image, "reason": reason} for each in accounts for image, reason in each.skipped]
    inside = plan.inside
    by_run = [each.degenerate_runs for each in accounts if each.scored]
    listed = len(inside.images)
    return {
        "source": inside.source,
        "kind": inside.kind,
        "listed": listed,
        "scored": sum(each.scored for each in accounts),
        "degenerate": sum(each.degenerate for each in accounts),
        "degenerate_kinds": _kinds(accounts),
        "degenerate_runs": [sum(each) for each in zip(*by_run, strict=True)],
        "left_out": inside.left_out,
        "skipped": skipped,
        "skipped_share": len(skipped) / listed,
        "changed": inside.changed(),
        "excluded": [{"image": each.image, "reason": each.reason} for each in inside.excluded],
        "groups": _counts(inside.groups),
        "labels": _counts(inside.class_name(each) for each in inside.labels),
        "splits": dict(inside.splits),
        "out_of_set": [_set_account(plan, each, number) for number, each in enumerate(plan.outside, start=1)],
    }


def _set_account(plan: Plan, subjects: Subjects, number: int) -> Plain:
    measured = any(isinstance(each, OutOfSet) for each in plan.applied)
    accounts = list(plan.parts(number).accounts()) if measured else []
    skipped = [{"image": image, "reason": reason} for each in accounts for image, reason in each.skipped]
    return {
        "name": subjects.name,
        "source": subjects.source,
        "listed": len(subjects.images),
        "scored": sum(each.scored for each in accounts),
        "degenerate": sum(each.degenerate for each in accounts),
        "degenerate_kinds": _kinds(accounts),
        "left_out": subjects.left_out,
        "skipped": skipped,
        "skipped_share": len(skipped) / len(subjects.images),
        "changed": subjects.changed() if measured else [],
        "excluded": [{"image": each.image, "reason": each.reason} for each in subjects.excluded],
    }


def model_account(plan: Plan, engine: Engine) -> Plain:
    """Return what was audited, and how its maps were made."""
    info = plan.runs[0].info
    return {
        "path": info.path,
        "arch": info.arch,
        "classes": list(info.classes),
        "num_classes": info.num_classes,
        "parameters": info.parameters,
        "sha256": info.sha256,
        "format": info.format,
        "missing": list(info.missing),
        "layer": engine.extractors[0].layer_name,
        "grid": list(engine.others.maps.shape[-2:]) if engine.others else None,
        "salience": plan.settings.salience,
        "target": plan.settings.target,
        "preprocessing": None if plan.inside.as_network_takes else plan.preprocessing.to_dict(),
        "runs": [{"name": run.name, "path": run.info.path, "sha256": run.info.sha256} for run in plan.runs],
    }


def _kinds(accounts: Sequence[Account]) -> dict[str, int]:
    """Return how many maps are zero, constant, not finite, and of one pixel."""
    return {kind: sum(each.degenerate_kinds.get(kind, 0) for each in accounts) for kind in KINDS}


def _counts(words: Iterable[str | None]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for word in words:
        if word is not None:
            counts[word] = counts.get(word, 0) + 1
    return dict(sorted(counts.items()))
