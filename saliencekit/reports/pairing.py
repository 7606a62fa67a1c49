"""The numbers of audits, image by image and run by run: what can be compared, and what is not the same in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..auditing.result import AuditResult
from ..measures import MEASURES, Quantity
from .text import NOTHING
from .words import preprocessing_line

if TYPE_CHECKING:
    import pandas as pd

FACTORS = ("label", "group")
ACCURACY = "accuracy"
# A measure whose headline is no mean over images is compared by this one of its quantities.
_QUANTITY = {"out_of_set": ("noise_ssim", "higher")}


@dataclass(frozen=True)
class Numbers:
    """A measure's number of each image, and its distance from the image's null value; images by runs."""

    values: pd.DataFrame
    over_null: pd.DataFrame


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
    both = [manner_of(audit.summary) for audit in (a, b)]
    return {name: (both[0][name], both[1][name]) for name in both[0] if both[0][name] != both[1][name]}


def manner_of(summary: Mapping[str, Any]) -> dict[str, str]:
    """Return how an audit was made, as far as its numbers hang on it."""
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


def compared_quantity(name: str) -> tuple[Quantity, str]:
    """Return which quantity of a measure is compared, and which end of it is better."""
    measure = MEASURES[name]()
    column, direction = _QUANTITY.get(name, (measure.headline.column, measure.direction))
    quantity = next((each for each in measure.also.values() if each.column == column), measure.headline)
    return quantity, direction


def numbers_of(name: str, audits: Sequence[AuditResult], shared: Sequence[str]) -> Numbers:
    """Return a measure's number of each shared image, a column a run; NaN where a run has none."""
    import pandas as pd

    measure, (quantity, _) = MEASURES[name](), compared_quantity(name)
    columns = [quantity.column, quantity.null or "no null value"]
    values, distances = [], []
    for audit in audits:
        pieces = [measure.per_image(piece).reindex(columns=columns) for piece in audit.records.pieces(name)]
        frame = pd.concat(pieces).reindex(list(shared)).astype("float64")
        values.append(frame[columns[0]])
        distances.append(frame[columns[0]] - frame[columns[1]])
    return Numbers(_beside(values), _beside(distances))


def right_of(audits: Sequence[AuditResult], shared: Sequence[str]) -> pd.DataFrame | None:
    """Return 1 for each shared image that a run classified as labelled, 0 for each other; None without labels."""
    import pandas as pd

    runs = []
    for audit in audits:
        if "entropy" not in audit.records:
            return None
        frame = audit.records.columns("entropy", ("image", "label", "predicted"))
        if "predicted" not in frame or "label" not in frame or not frame["label"].notna().any():
            return None
        label, predicted = frame["label"].astype("string"), frame["predicted"].astype("string")
        right = (label == predicted).astype("Float64").where(label.notna()).astype("float64")
        runs.append(pd.Series(right.to_numpy(), index=frame["image"]).groupby(level=0).first().reindex(list(shared)))
    return _beside(runs)


def _beside(runs: Sequence[pd.Series]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame({place: each.to_numpy() for place, each in enumerate(runs)}, index=runs[0].index)


def facts_of(audit: AuditResult, shared: Sequence[str]) -> pd.DataFrame | None:
    """Return label and group of each shared image, or None where the audit does not tell."""
    if "entropy" not in audit.records:
        return None
    frame = audit.records.columns("entropy", ("image", *FACTORS)).drop_duplicates("image").set_index("image")
    return frame.reindex(index=list(shared), columns=list(FACTORS)).astype("string")
