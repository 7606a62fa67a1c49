"""The table of a sweep as text for a terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..reports.text import number
from ..showing.names import shown
from .metrics import HEADLINE, METRICS
from .table import LossRow, SweepTable
from .wording import difference_words, interval_words, p_words, runs_words, spread_words, stability_words

if TYPE_CHECKING:
    from rich.table import Table

NAMES, CELL = 22, 16  # signs that the losses' names and a figure take


def figures_tables(table: SweepTable, *, width: int) -> list[Table]:
    """Return mean, standard deviation and interval over runs of every figure, a row a loss.

    As many columns stand side by side as a terminal of that many signs holds; the others follow below.
    """
    heads = [*(_head(key) for key in METRICS), "stability (SSIM)"]
    if all(row.stability is None for row in table.rows):
        heads.pop()
    many = max(1, (width - NAMES) // CELL)
    tables = []
    for start in range(0, len(heads), many):
        grid = _grid("loss", "runs", *heads[start : start + many])
        for row in table.rows:
            runs = sum(run.loss == row.loss for run in table.runs)
            grid.add_row(row.loss, f"{row.finished}/{runs}", *_cells(row)[: len(heads)][start : start + many])
        tables.append(grid)
    return tables


def _cells(row: LossRow) -> list[str]:
    figures = [f"{spread_words(row.figures[key])}\n{interval_words(row.figures[key])}".rstrip() for key in METRICS]
    return [*figures, stability_words(row.stability).replace(", null", "\nnull")]


def comparison_table(table: SweepTable) -> Table | None:
    """Return the comparisons of AUROC with the baseline, a row a loss; None where there are none."""
    rows = [(row.loss, row.against[HEADLINE]) for row in table.rows if HEADLINE in row.against]
    if not rows:
        return None
    heads = (f"against\n{table.baseline}", "pairs", "AUROC\ndifference", "Hedges'\ng")
    grid = _grid(*heads, "t test\np", "\nHolm", "Wilcoxon\np", "\nHolm")
    for loss, found in rows:
        change = f"{difference_words(found)}\n{interval_words(found)}".rstrip()
        tests = (found.t_p, found.t_holm, found.wilcoxon_p, found.wilcoxon_holm)
        grid.add_row(loss, str(found.n), change, number(found.effect), *(p_words(p) for p in tests))
    return grid


def print_table(table: SweepTable, *, folder: Path) -> None:
    """Print what a sweep found: figures, comparisons, what to know of them, failures, and where the page lies."""
    from rich.console import Console
    from rich.text import Text

    console = Console(soft_wrap=False, highlight=False)
    for grid in figures_tables(table, width=console.width):
        console.print(grid)
        console.print()
    tests = comparison_table(table)
    if tests is not None:
        console.print(tests)
        console.print()
    for note in table.notes:
        console.print(Text(shown(note)), soft_wrap=True)
    for run in table.failed:
        console.print(Text(shown(f"{run.status}: {run.folder}: {run.reason}")), soft_wrap=True)
    console.print(Text(shown(f"{runs_words(table)}; page: {folder / 'sweep.html'}")), soft_wrap=True)


def _head(key: str) -> str:
    metric = METRICS[key]
    return f"{metric.name} ({metric.unit})" if metric.unit else metric.name


def _grid(*columns: str) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for place, column in enumerate(columns):
        table.add_column(column, no_wrap=place == 0, overflow="fold")
    return table
