"""An audit from its first file to its last."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import torch

from ..errors import UsageError
from ..extractors.making import check_word
from ..files import held_alone
from ..measures import Entropy, Measure, OutOfSet
from ..models.at_work import device_of
from ..preprocessing import Preprocessing, PreprocessingFlags
from .beginning import begin
from .crew import Crew, gather_crew
from .engine import Engine
from .gathering import Data, subjects_of
from .networks import Model, gather_runs, preprocessing_of, ready
from .passes import Pass, run_pass, with_others
from .plan import Plan, outside_sets
from .result import AuditResult, load_audit
from .settings import AuditSettings
from .subjects import aligned, normaliser
from .writing import conclude, write_summary

Finish = Callable[[AuditResult], object]


def run_audit(
    model: Model,
    data: Data = None,
    *,
    out_of_set: Sequence[Data] = (),
    runs: Sequence[Model] = (),
    settings: AuditSettings | None = None,
    output: str | Path = "audit",
    arch: str | None = None,
    preprocessing: Preprocessing | PreprocessingFlags | None = None,
    trust_pickle: bool = False,
    allow_missing: Sequence[str] = (),
    key: str | None = None,
    resume: bool = False,
    overwrite: bool = False,
    show_progress: bool = False,
    finish: Finish | None = None,
) -> AuditResult:
    """Run an audit into a folder and return what it found.

    ``finish`` is called with the result before ``summary.json`` is written, which comes last: a folder with a
    summary is whole. The other parameters are those of :func:`saliencekit.audit`.
    """
    settings = settings or AuditSettings()
    settings.chosen(), check_word(settings.salience)  # words are refused before anything is loaded
    gathered = gather_runs(model, runs, arch=arch, trust_pickle=trust_pickle, allow_missing=allow_missing, key=key)
    prepared = preprocessing_of(gathered[0].info, preprocessing)
    given = data if data is not None else gathered[0].info.data
    plan = Plan(
        settings=settings,
        runs=gathered,
        preprocessing=prepared,
        inside=aligned(
            subjects_of(given, prepared, split=settings.split, limit=settings.limit), gathered[0].info.classes
        ),
        outside=outside_sets(out_of_set, prepared, limit=settings.limit, inside=given),
        folder=Path(output),
    )
    crew = gather_crew(settings.device, here=device_of(model) if isinstance(model, torch.nn.Module) else None)
    with ExitStack() as stack:
        if crew.leads:
            stack.enter_context(held_alone(plan.folder))
        _begin(plan, crew, resume=resume, overwrite=overwrite)
        if resume and (plan.folder / "summary.json").is_file():
            return load_audit(plan.folder)
        return _conduct(plan, crew, show_progress, finish)


def _begin(plan: Plan, crew: Crew, *, resume: bool, overwrite: bool) -> None:
    problem = None
    if crew.leads:
        try:
            begin(plan.folder, plan.fingerprint(), resume=resume, overwrite=overwrite)
        except UsageError as error:
            problem = str(error)
    problem = crew.agree(problem)
    if problem:
        raise UsageError(problem)


def _conduct(plan: Plan, crew: Crew, show: bool, finish: Finish | None) -> AuditResult:
    started = time.monotonic()
    settings = plan.settings
    with ready(plan.runs, crew.device, salience=settings.salience, layer=settings.layer) as extractors:
        engine = Engine(
            extractors=extractors,
            run_names=tuple(run.name for run in plan.runs),
            measures=_recorded(plan.applied),
            device=crew.device,
            normalise=None if plan.inside.as_network_takes else normaliser(plan.preprocessing, crew.device),
            target=settings.class_explained(),
            seed=settings.seed,
            precision=settings.precision,
        )
        engine, pixels = with_others(engine, plan.inside, seed=settings.seed, classes=plan.classes)
        for each in _passes(plan):
            run_pass(
                each,
                engine if each.outlier is None else _as_they_come(engine, each, plan),
                crew,
                classes=plan.classes,
                batch_size=settings.batch_size,
                workers=settings.workers,
                save_maps=settings.save_maps,
                show=show and crew.leads,
            )
        crew.wait()
        if crew.leads:
            result = conclude(plan, engine, pixels, crew, started=started)
            if finish is not None:
                finish(result)
            write_summary(result)
            shutil.rmtree(plan.folder / "parts")
    crew.wait()
    return load_audit(plan.folder)


def _recorded(applied: Sequence[Measure]) -> tuple[Measure, ...]:
    """Entropy is always recorded: it takes no view, and what is known of each image stands in its rows."""
    others = tuple(each for each in applied if not isinstance(each, Entropy))
    return (Entropy(), *others)


def _passes(plan: Plan) -> list[Pass]:
    passes = [Pass(plan.inside, plan.parts(0))]
    for measure in plan.applied:
        if isinstance(measure, OutOfSet):
            passes += [Pass(each, plan.parts(number), measure) for number, each in enumerate(plan.outside, start=1)]
    return passes


def _as_they_come(engine: Engine, each: Pass, plan: Plan) -> Engine:
    """Files are normalised and tensors are not, whatever the images audited are."""
    if each.subjects.as_network_takes:
        return replace(engine, normalise=None)
    return replace(engine, normalise=normaliser(plan.preprocessing, engine.device))
