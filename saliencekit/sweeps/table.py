"""The table of a sweep: a row a loss, its figures over runs, and how it differs from the baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from .comparing import FEWEST_FOR_WILCOXON, Paired, Spread, corrected, paired, spread_of
from .metrics import HEADLINE, METRICS
from .outcome import Outcome

SCHEMA_VERSION = 1
INTERVAL = "95 % t interval of the mean over runs"


@dataclass(frozen=True)
class Agreement:
    """How much the runs of one loss agree on where to look: the stability of their audit.

    Parameters
    ----------
    value, ci_low, ci_high
        Mean SSIM over pairs of runs and images, and its 95 % bootstrap interval over images; None where it is
        not applicable.
    null
        The same for maps of different images.
    reason
        Why there is no value, in words.
    """

    value: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    null: float | None = None
    reason: str | None = None


@dataclass(frozen=True)
class LossRow:
    """One loss.

    Parameters
    ----------
    loss
        Its word.
    finished
        Number of runs that were trained and evaluated.
    figures
        By the keys of :data:`METRICS`, over these runs.
    groups
        The same by group.
    against
        How it differs from the baseline, by the keys of :data:`METRICS`; empty for the baseline itself.
    stability
        Of its runs; None where none was asked for.
    """

    loss: str
    finished: int
    figures: Mapping[str, Spread]
    groups: Mapping[str, Mapping[str, Spread]]
    against: Mapping[str, Paired]
    stability: Agreement | None = None


@dataclass(frozen=True)
class SweepTable:
    """What a sweep found.

    Parameters
    ----------
    baseline
        The loss that the others are compared with, or None where it is not among them.
    rows
        A row a loss, in the order asked for.
    runs
        Every run, also those that failed.
    """

    baseline: str | None
    rows: tuple[LossRow, ...]
    runs: tuple[Outcome, ...]

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """The runs that did not come to their end."""
        return tuple(run for run in self.runs if run.status != "finished")

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups (generators) that any run has figures of, sorted."""
        return tuple(sorted({group for row in self.rows for group in row.groups}))

    @property
    def notes(self) -> tuple[str, ...]:
        """What has to be known to read the table, a sentence each."""
        return _notes(self)

    def to_dict(self) -> dict[str, Any]:
        """Return plain numbers and words, as ``sweep.json`` holds them."""
        rows = {row.loss: {key: value for key, value in asdict(row).items() if key != "loss"} for row in self.rows}
        return {
            "schema_version": SCHEMA_VERSION,
            "interval": INTERVAL,
            "baseline": self.baseline,
            "notes": list(self.notes),
            "losses": rows,
            "runs": [asdict(run) for run in self.runs],
        }


def build_table(
    runs: Sequence[Outcome], *, baseline: str = "cross-entropy", stability: Mapping[str, Agreement] = {}
) -> SweepTable:
    """Return the table of these runs.

    Parameters
    ----------
    runs
        Every run of the sweep; the losses are in the order of their first runs.
    baseline
        The loss that the others are compared with; without it among the runs nothing is compared.
    stability
        Of the runs of each loss.
    """
    losses = list(dict.fromkeys(run.loss for run in runs))
    finished = {loss: [run for run in runs if run.loss == loss and run.status == "finished"] for loss in losses}
    known = baseline if baseline in losses else None
    against = _against(finished, known)
    rows = tuple(
        LossRow(
            loss=loss,
            finished=len(own),
            figures=_spreads([run.figures for run in own]),
            groups=_by_group(own),
            against={key: found[loss] for key, found in against.items() if loss in found},
            stability=stability.get(loss),
        )
        for loss, own in finished.items()
    )
    return SweepTable(known, rows, tuple(runs))


def _spreads(figures: Sequence[Mapping[str, float]]) -> dict[str, Spread]:
    return {key: spread_of([each[key] for each in figures if key in each]) for key in METRICS}


def _by_group(runs: Sequence[Outcome]) -> dict[str, dict[str, Spread]]:
    names = sorted({group for run in runs for group in run.groups})
    found = {name: _spreads([run.groups[name] for run in runs if name in run.groups]) for name in names}
    return {name: {key: each for key, each in spreads.items() if each.n} for name, spreads in found.items()}


def _against(finished: Mapping[str, Sequence[Outcome]], baseline: str | None) -> dict[str, dict[str, Paired]]:
    if baseline is None:
        return {}

    def by_seed(loss: str, key: str) -> dict[int, float]:
        return {run.seed: run.figures[key] for run in finished[loss] if key in run.figures}

    others = [loss for loss in finished if loss != baseline]
    return {
        key: corrected({loss: paired(by_seed(loss, key), by_seed(baseline, key)) for loss in others}) for key in METRICS
    }


def _notes(table: SweepTable) -> tuple[str, ...]:
    notes = ["Intervals are 95 % t intervals of the mean over runs."]
    counts = [row.against[HEADLINE].n for row in table.rows if HEADLINE in row.against]
    if table.baseline is None:
        notes.append("The baseline is not among these losses: nothing is compared with it.")
    elif counts:
        notes.append(
            f"Each loss is compared with {table.baseline} over the seeds that both have finished; p values are "
            f"two-sided and corrected by Holm for {len(counts)} {'loss' if len(counts) == 1 else 'losses'}, each "
            "figure by itself."
        )
        notes += _power(min(counts), len(counts))
    if table.failed:
        names = ", ".join(run.folder for run in table.failed)
        notes.append(f"Not in the figures, since they did not come to their end: {names}.")
    return tuple(notes)


def _power(pairs: int, losses: int) -> list[str]:
    """Return a warning where the rank test cannot reach .05 whatever the figures are."""
    least = 2.0 ** (1 - pairs)
    if least * losses <= 0.05:
        return []
    enough = next(n for n in range(FEWEST_FOR_WILCOXON, 64) if 2.0 ** (1 - n) * losses <= 0.05)
    reach = f"cannot fall below {least:.3g}" if pairs else "is not defined"
    return [
        f"With {pairs} {'pair' if pairs == 1 else 'pairs'} Wilcoxon's p {reach}, whatever the figures; "
        f"to reach .05 it takes {FEWEST_FOR_WILCOXON} pairs for one loss"
        + (f", and {enough} after Holm's correction for {losses}." if losses > 1 else ".")
    ]
