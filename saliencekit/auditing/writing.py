"""The end of an audit: parts become records, records become the summary, and the run gives its account."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from torch import Tensor

from .._version import __version__
from ..errors import DataError, ModelError
from ..files import json_text, sha256, write_json, write_text
from ..functional import max_entropy
from ..measures import Entropy, Measure, OutOfSet
from ..versions import versions
from .account import ENGINES, data_account, model_account
from .averages import NAME, write_averages
from .beginning import clear
from .crew import Crew
from .engine import Engine
from .exhibits import show_some
from .merging import merge, merge_maps
from .nulls import entropy_nulls
from .plan import Plan
from .result import SCHEMA_VERSION, AuditResult, Records
from .summary import not_applicable, summarise
from .summary_of_sets import summarise_sets

if TYPE_CHECKING:
    import pandas as pd

Plain = dict[str, Any]


def conclude(plan: Plan, engine: Engine, pixels: Tensor, crew: Crew, *, started: float) -> AuditResult:
    """Merge the parts, compute the numbers, write everything but the report and ``summary.json``.

    Raises
    ------
    DataError, ModelError
        If no image was scored; if every map is constant, so that there is nothing to measure.
    """
    data = data_account(plan)
    _refuse_flat(plan, data)
    _merge(plan)
    records = AuditResult(plan.folder, {}).records
    entropy = records["entropy"]
    known = entropy.set_index("image")
    comparable = known["label"].isin(plan.classes)
    known["correct"] = (known["label"] == known["predicted"]).where(comparable)
    nulls = entropy_nulls(plan, engine, pixels) if any(isinstance(each, Entropy) for each in plan.applied) else {}
    summary = {
        "schema_version": SCHEMA_VERSION,
        "saliencekit": __version__,
        "complete": all(_whole(each, plan.settings.max_unreadable) for each in (data, *data["out_of_set"])),
        "model": model_account(plan, engine),
        "data": data,
        "settings": asdict(plan.settings),
        "versions": versions(ENGINES),
        "measures": {
            each.name: _entry(each, plan, engine, records, known, nulls, data) for each in plan.settings.chosen()
        },
        "duration_s": round(time.monotonic() - started, 3),
    }
    show_some(plan, engine, entropy)
    write_json(
        plan.folder / "run.json",
        {
            "fingerprint": plan.fingerprint(),
            "settings": asdict(plan.settings),
            "versions": summary["versions"],
            "device": str(crew.device),
            "processes": crew.world,
            "seed": plan.settings.seed,
            "records": {name: sha256(plan.folder / "records" / f"{name}.parquet") for name in records},
        },
    )
    return AuditResult(plan.folder, summary)


def write_summary(result: AuditResult) -> None:
    """Write ``summary.json``, an audit's last file, and before it into ``run.json`` the hash that it will have."""
    text = json_text(result.summary)
    run = json.loads((result.folder / "run.json").read_text(encoding="utf-8"))
    write_json(result.folder / "run.json", {**run, "summary": hashlib.sha256(text.encode("utf-8")).hexdigest()})
    write_text(result.folder / "summary.json", text)


def _entry(
    measure: Measure,
    plan: Plan,
    engine: Engine,
    records: Records,
    known: pd.DataFrame,
    nulls: Mapping[str, float],
    data: Plain,
) -> Plain:
    seed = plan.settings.seed
    if isinstance(measure, OutOfSet):
        flat = {each["name"]: each["degenerate"] for each in data["out_of_set"]}
        return summarise_sets(measure, records.pieces(measure.name), known, seed=seed, flat=flat)
    reason = plan.reason_against(measure)
    if reason:
        return not_applicable(measure, reason)
    if not isinstance(measure, Entropy):
        return summarise(measure, records.pieces(measure.name), known, seed=seed)
    entry = summarise(measure, records.pieces(measure.name), known, seed=seed, nulls=nulls)
    maximum = max_entropy(engine.others.maps[0]) if engine.others else None
    return {**entry, "degenerate_kinds": data["degenerate_kinds"], "maximum": maximum}


def _merge(plan: Plan) -> None:
    parts = plan.parts(0)
    target = plan.folder / "records"
    for measure in {"entropy": None, **{each.name: None for each in plan.applied}}:
        files = parts.files(f"{measure}.parquet")
        if measure == "out_of_set":
            files += [
                path
                for number in range(1, len(plan.outside) + 1)
                for path in plan.parts(number).files("out_of_set.parquet")
            ]
        merge(files, target / f"{measure}.parquet")
    merge_maps(parts.files("maps.npy"), plan.folder / "maps.npy")
    names = [run.name for run in plan.runs]
    write_averages(parts.files(f"{NAME}.parquet"), plan.folder / f"{NAME}.parquet", run_names=names)


def _whole(data: Plain, max_unreadable: float) -> bool:
    """Whether enough of a collection was read, and was what it was when it was listed."""
    return bool(data["skipped_share"] <= max_unreadable and not data["changed"])


def _refuse_flat(plan: Plan, data: Plain) -> None:
    flat = [run.name for run, count in zip(plan.runs, data["degenerate_runs"], strict=False) if count == data["scored"]]
    if not data["scored"] or flat:
        clear(plan.folder)  # nothing in it is worth going on from
    if not data["scored"]:
        raise DataError(f"none of the {data['listed']} images of {plan.inside.source} could be read")
    if flat:
        raise ModelError(
            f"{flat[0]}: the map of each of the {data['scored']} images is constant, so there is no salience to "
            "measure: choose another --layer or --salience, or check that the network is trained"
        )
