"""A sweep from its first run to its page."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UsageError
from ..files import held_alone
from ..training.settings import TrainingSettings
from .folder import Sweep, begin_sweep, draw_sweep
from .outcome import Outcome, is_finished, read_outcome
from .plan import AS_USUAL, Plan
from .table import SweepTable, build_table
from .writing import write_table

if TYPE_CHECKING:
    from ..training.recipe import Recipe
    from .job import RunJob

OnRun = Callable[[Outcome, int, int], None]


def sweep(
    data: str | os.PathLike[str],
    *,
    output: str | os.PathLike[str],
    losses: Sequence[str],
    seeds: Iterable[int],
    recipe: Recipe,
    settings: TrainingSettings = AS_USUAL,
    human_maps: str | os.PathLike[str] | None = None,
    weights: str | os.PathLike[str] | None = None,
    processes: int = 1,
    baseline: str = "cross-entropy",
    audit: bool = True,
    resume: bool = True,
    split: str = "test",
    test_data: Sequence[str | os.PathLike[str]] = (),
    allow_outside: bool = False,
    on_run: OnRun | None = None,
) -> Sweep:
    """Train and evaluate every loss with every seed, and compare the losses in one table and one page.

    Finished runs are left as they are, interrupted ones are gone on with, and a run that fails is named in the
    table and takes no other with it. Losses and seeds may be added later in the same folder.

    Parameters
    ----------
    data
        A manifest or a folder, with the splits train and val, and ``split`` where there are no ``test_data``.
    output
        Folder of the sweep; the runs lie in it as ``LOSS/seed-N``.
    losses
        Words of :data:`saliencekit.losses.LOSSES`.
    seeds
        One run of each loss with each of them.
    recipe
        Of all runs, but for its loss.
    settings
        How it is computed.
    human_maps, weights
        As for :func:`saliencekit.training.train`.
    processes
        Runs at a time, each with a device of its own where there are enough.
    baseline
        The loss that the others are compared with.
    audit
        Audit the runs of each loss for the stability of their maps.
    resume
        Go on with the sweep in ``output``; without it, such a folder is refused.
    split
        Split that the runs are evaluated and audited on; ``"all"`` takes every split.
    test_data
        What the runs are evaluated on in place of ``data``: one table, or several as one (a table a generator, as
        the CYBORG authors have them). Audits and example maps are of the first.
    allow_outside
        Take paths of the tables that lead out of their folders.
    on_run
        Called with every run as it ends, how many have ended now, and of how many that were to be run.

    Returns
    -------
    Sweep
        With the table; ``.failed`` names the runs that failed.

    Raises
    ------
    UsageError
        If a word or number makes no sense, or the folder holds a sweep of another recipe, naming what differs.
    DataError
        If the data cannot be opened, or have no such split.
    EnvironmentFault
        If the folder cannot be written or is in use.

    Examples
    --------
    ::

        found = sweep("faces/manifest.csv", output="sweep", losses=["cross-entropy", "droid"], seeds=range(10),
                      recipe=RECIPES["droid"])
        found.table.rows[1].against["auroc"].t_holm
    """
    from .examples import keep_examples

    plan = Plan(
        data=os.fspath(data),
        folder=Path(output),
        losses=tuple(losses),
        seeds=tuple(seeds),
        recipe=recipe,
        settings=_shared(settings, processes),
        human_maps=None if human_maps is None else os.fspath(human_maps),
        weights=None if weights is None else os.fspath(weights),
        split=split,
        test_data=tuple(os.fspath(each) for each in test_data),
        allow_outside=allow_outside,
        baseline=baseline,
    )
    if processes < 1:
        raise UsageError(f"expected `processes` to be at least 1, got {processes}")
    if settings.devices * settings.nodes > 1:
        raise UsageError("a sweep trains each run on one device: give --processes in place of --devices and --nodes")
    _look_at(plan)
    with held_alone(plan.folder):
        begin_sweep(plan, resume=resume)
        failures = _run(plan, processes, on_run)
        table = _table(plan, failures, audit=audit)
        write_table(plan.folder, table, plan.account())
        keep_examples(plan)
        return draw_sweep(plan.folder)


def _shared(settings: TrainingSettings, processes: int) -> TrainingSettings:
    """Give each of several processes its share of the cores, where the settings do not say how many threads."""
    if processes <= 1 or settings.threads is not None:
        return settings
    return replace(settings, threads=max(1, (os.cpu_count() or 1) // processes))


def _look_at(plan: Plan) -> None:
    """Refuse data that cannot be opened or lack a split now, and not after the first training."""
    from ..data import open_data

    open_data(plan.data, split="train", allow_outside=plan.allow_outside)
    for source in plan.test_data or (plan.data,):
        collection = open_data(source, allow_outside=plan.allow_outside)
        if plan.split != "all" and collection.splits:
            collection.restricted(split=plan.split)


def _run(plan: Plan, processes: int, on_run: OnRun | None) -> dict[tuple[str, int], str]:
    from .running import run_jobs

    waiting = [job for job in plan.jobs() if not is_finished(job.folder)]
    done = 0

    def on_done(job: RunJob, reason: str | None) -> None:
        nonlocal done
        done += 1
        if on_run is not None:
            on_run(read_outcome(plan.folder, job.loss, job.seed, failure=reason), done, len(waiting))

    failures = run_jobs(waiting, processes=processes, on_done=on_done)
    return {(job.loss, job.seed): reason for job, reason in failures.items()}


def _table(plan: Plan, failures: Mapping[tuple[str, int], str], *, audit: bool) -> SweepTable:
    from .stability import stability_of

    runs = [
        read_outcome(plan.folder, loss, seed, failure=failures.get((loss, seed)))
        for loss in plan.losses
        for seed in plan.seeds
    ]
    stability = stability_of(plan, runs) if audit else {}
    return build_table(runs, baseline=plan.baseline, stability=stability)
