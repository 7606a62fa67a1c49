"""``saliencekit sweep``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, ArgumentCollection, Parameter
from cyclopts.config import Dict

from ..training.recipe import LOSS_SETTINGS, LOSS_WORDS, Recipe
from ..training.settings import TrainingSettings
from ._app import app
from ._config import seeds_of, values_from_files
from ._ending import fail, print_json

if TYPE_CHECKING:
    from ..sweeps.outcome import Outcome

GATE, TERMINATED = 1, 143
AS_RECIPE, AS_USUAL = Recipe(), TrainingSettings()


def values_for_losses(app: App, commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
    """Fill in what no flag says, as for ``train``; a setting of a loss may be given whatever the recipe's loss."""
    given = {name for each in arguments if each.tokens for name in each.names}
    settings = [name for name in LOSS_SETTINGS if f"--{name.replace('_', '-')}" in given]
    if settings and "--loss" not in given:
        from ..sweeps.plan import settings_of

        having = [loss for loss in LOSS_WORDS if settings_of(loss) >= set(settings)]
        if having:
            Dict({commands[-1]: {"loss": having[0]}}, source="the losses' settings")(app, commands, arguments)
    values_from_files(app, commands, arguments)


@app.command(config=values_for_losses)
def sweep(
    config: Path | None = None,
    /,
    *,
    recipe: str = "droid",
    data: str,
    losses: Annotated[tuple[str, ...], Parameter(consume_multiple=True, negative=())] = LOSS_WORDS,
    seeds: Annotated[str, Parameter(name=("--seeds", "--seed"))] = "0-9",
    baseline: str = "cross-entropy",
    human_maps: str | None = None,
    weights: str | None = None,
    values: Annotated[Recipe, Parameter(name="*")] = AS_RECIPE,
    settings: Annotated[TrainingSettings, Parameter(name="*")] = AS_USUAL,
    split: str = "test",
    test_data: Annotated[tuple[str, ...], Parameter(consume_multiple=True, negative=())] = (),
    allow_outside: Annotated[bool, Parameter(negative=())] = False,
    output: Path = Path("sweep"),
    processes: int = 1,
    audit: bool = True,
    resume: bool = True,
    quiet: Annotated[bool, Parameter(negative=())] = False,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Train every loss with every seed, evaluate the runs, and compare the losses in one table and page.

    A flag counts before CONFIG, CONFIG before the recipe, and that before the default shown. Run again, a sweep
    goes on from where it was: finished runs are left as they are, and losses and seeds may be added.

    Parameters
    ----------
    config
        TOML file with these flags as keys, such as a run's own config.toml.
    recipe
        cyborg or droid, as in the papers; small-cnn for a small network.
    data
        Manifest or folder, with the splits train, val and test.
    losses
        Losses by commas; all of them by default. --loss counts for nothing here.
    seeds
        As 0-9 or 0,2,5: each loss is trained once with each.
    baseline
        The loss that the others are compared with.
    human_maps
        Folder of human maps, which belong to the images of the same base names.
    weights
        Checkpoint to start from; its head is replaced.
    split
        Split that the runs are evaluated and audited on; all takes every split.
    test_data
        What the runs are evaluated on in place of the data: one table, or several as one (a table a generator).
    allow_outside
        Take paths of the tables that lead out of their folders.
    output
        Folder to write.
    processes
        Runs at a time, each with a device of its own where there are several.
    audit
        Audit the runs of each loss for the stability of their maps.
    resume
        Go on with the sweep in the output folder; --no-resume refuses such a folder.
    quiet
        No progress.
    json
        Print the table as JSON on stdout.
    """
    del config, recipe  # they have filled in the others
    from ..sweeps import print_table
    from ..sweeps import sweep as swept
    from ..sweeps.plan import words_of

    try:
        found = swept(
            data,
            output=output,
            losses=words_of(losses),
            seeds=seeds_of(seeds),
            recipe=values,
            settings=replace(settings, progress=not quiet and processes == 1),
            human_maps=human_maps,
            weights=weights,
            processes=processes,
            baseline=baseline,
            audit=audit,
            resume=resume,
            split=split,
            test_data=test_data,
            allow_outside=allow_outside,
            on_run=_silent if quiet else _teller(),
        )
    except SystemExit as stop:
        if stop.code != TERMINATED:
            raise
        return fail("stopped; what was done is kept, and the same command goes on", TERMINATED)
    if json:
        print_json(found.table.to_dict())
    else:
        print_table(found.table, folder=found.folder)
    if not found.failed:
        return 0
    return fail(f"{len(found.failed)} of {len(found.table.runs)} runs failed: the same command tries them again", GATE)


def _teller() -> Callable[[Outcome, int, int], None]:
    """Return what says on stderr that a run has ended."""
    import sys
    import time

    started = time.monotonic()

    def tell(run: Outcome, done: int, runs: int) -> None:
        auroc = run.figures.get("auroc")
        what = run.reason if auroc is None else f"AUROC {auroc:.3f}"
        print(f"{run.folder}: {what}  ({done} done of {runs}, {time.monotonic() - started:.0f} s)", file=sys.stderr)

    return tell


def _silent(run: Outcome, done: int, runs: int) -> None:
    del run, done, runs
