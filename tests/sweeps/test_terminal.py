import io

import pytest
from rich.console import Console

from saliencekit.sweeps.terminal import comparison_table, figures_tables, print_table


def plain(tables, width):
    console = Console(file=io.StringIO(), width=width)
    for table in tables:
        console.print(table)
    return console.file.getvalue()


@pytest.mark.parametrize("width", [60, 80, 200])
def test_no_figure_is_cut_whatever_the_width(written, width):
    _, table = written()
    text = plain(figures_tables(table, width=width), width)
    for row in table.rows:
        for found in row.figures.values():
            assert f"{found.mean:.3f} ± {found.std:.3f}" in text
            assert f"[{found.ci_low:.3f}, {found.ci_high:.3f}]".replace("-", "−") in text
    assert max(len(line) for line in text.splitlines()) <= width
    assert len(figures_tables(table, width=200)) == 1


def test_comparisons_fit_a_terminal(written):
    _, table = written()
    text = plain([comparison_table(table)], 80)
    for row in table.rows[1:]:
        assert f"{row.against['auroc'].difference:+.3f}".replace("-", "−") in text
    assert "Wilcoxon" in text


def test_no_baseline_no_comparison(written):
    assert comparison_table(written(("droid",))[1]) is None


def test_failures_are_printed_and_control_characters_are_shown(written, capsys):
    folder, table = written(("cross-entropy", "droid"), failures={("droid", 1): "it [red]broke[/red]\x1b[2J"})
    print_table(table, folder=folder)
    out = capsys.readouterr().out
    assert "failed: droid/seed-1: it [red]broke[/red]\\x1b[2J" in out
    assert "5 of 6 runs; page: " in out
    assert "2/3" in out
