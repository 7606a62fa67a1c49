"""The numbers of two audits, image by image: what can be paired, and the paired differences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch

from ..auditing.result import AuditResult
from ..functional import bootstrap_mean
from ..measures import MEASURES, Quantity
from .difference import Difference, Span
from .text import NOTHING
from .words import preprocessing_line

if TYPE_CHECKING:
    import pandas as pd

SEED = 0
FACTORS = ("label", "group")
# A measure whose headline is no mean over images is compared by this one of its quantities.
_QUANTITY = {"out_of_set": ("noise_ssim", "higher")}


def images_of(audit: AuditResult) -> frozenset[str]:
    """Return the names of the images that the audit scored."""
    records = audit.records
    name = "entropy" if "entropy" in records else next(iter(records), None)
    if name is None:
        return frozenset()
    wanted = ["image", "amount"] if name == "out_of_set" else ["image"]
    return frozenset(image for piece in records.pieces(name, wanted) for image in piece.dropna()["image"])


def shared_images(a: AuditResult, b: AuditResult) -> list[str]:
    """Return the images of both audits, sorted by name."""
    return sorted(images_of(a) & images_of(b))


def differing(a: AuditResult, b: AuditResult) -> dict[str, tuple[str, str]]:
    """Return what was not the same in how the two audits were made, with both values."""
    both = [_manner(audit.summary) for audit in (a, b)]
    return {name: (both[0][name], both[1][name]) for name in both[0] if both[0][name] != both[1][name]}


def _manner(summary: Mapping[str, Any]) -> dict[str, str]:
    model = summary.get("model", {})
    plain = {name: str(model.get(key) or NOTHING) for name, key in (("method", "salience"), ("layer", "layer"))}
    target = model.get("target")
    return {
        **plain,
        "class explained": NOTHING if target is None else str(target),
        "data": str(summary.get("data", {}).get("source") or NOTHING),
        "preprocessing": preprocessing_line(model.get("preprocessing") or {}),
        "seed": str(summary.get("settings", {}).get("seed")),
    }


def differences(a: AuditResult, b: AuditResult, shared: Sequence[str]) -> Iterator[Difference]:
    """Yield the paired difference of every measure that either audit knows.

    Parameters
    ----------
    a, b
        The audits.
    shared
        Names of the images to pair.
    """
    known = _facts(a, shared)
    names = dict.fromkeys([*a.summary["measures"], *b.summary["measures"]])
    for name in names:
        if name not in MEASURES:
            continue
        measure = MEASURES[name]()
        column, direction = _QUANTITY.get(name, (measure.headline.column, measure.direction))
        quantity = next((each for each in measure.also.values() if each.column == column), measure.headline)
        reason = _lacking(name, a, b)
        about = Difference(name, column, quantity.unit, direction, status="not applicable", reason=reason)
        if reason is None:
            about = _paired(about, _numbers(name, a, quantity, shared), _numbers(name, b, quantity, shared), known)
        yield about


def _lacking(name: str, a: AuditResult, b: AuditResult) -> str | None:
    for letter, audit in (("A", a), ("B", b)):
        entry = audit.summary["measures"].get(name)
        if name not in audit.records:
            why = (entry or {}).get("reason") or "it was not asked for"
            return f"not measured in {letter}: {why}"
    return None


def _numbers(name: str, audit: AuditResult, quantity: Quantity, shared: Sequence[str]) -> pd.Series:
    import pandas as pd

    measure = MEASURES[name]()
    numbers: pd.Series = pd.concat([measure.per_image(piece)[quantity.column] for piece in audit.records.pieces(name)])
    return numbers.reindex(list(shared))


def _paired(about: Difference, a: pd.Series, b: pd.Series, known: pd.DataFrame | None) -> Difference:
    paired = a.notna() & b.notna()
    if not paired.any():
        return replace(about, reason="no shared image has a number in both")
    a, b = a[paired].astype(float), b[paired].astype(float)
    change = b - a
    return replace(
        about,
        status="ok",
        a=_span(a),
        b=_span(b),
        difference=_span(change),
        share_higher=float((change > 0).mean() + (change == 0).mean() / 2),
        groups={} if known is None else _by_level(change, known),
    )


def _by_level(change: pd.Series, known: pd.DataFrame) -> dict[str, dict[str, Span]]:
    facts = known.reindex(change.index)
    found: dict[str, dict[str, Span]] = {}
    for factor in FACTORS:
        parts = change.groupby(facts[factor], sort=True, observed=True)
        if facts[factor].nunique() > 1:
            found[factor] = {str(level): _span(part) for level, part in parts}
    return found


def _facts(audit: AuditResult, shared: Sequence[str]) -> pd.DataFrame | None:
    if "entropy" not in audit.records:
        return None
    return audit.records["entropy"].drop_duplicates("image").set_index("image")[list(FACTORS)].reindex(list(shared))


def _span(values: pd.Series) -> Span:
    numbers = torch.from_numpy(values.to_numpy(dtype="float64", copy=True))
    return Span.of(bootstrap_mean(numbers, seed=SEED), len(values))
