import io

import pytest
from rich.console import Console

from saliencekit.auditing.result import AuditResult
from saliencekit.reports import compare, print_comparison, print_summary, summary_rows, summary_table
from saliencekit.reports.terminal import SUMMARY_COLUMNS


def test_a_row_a_measure_and_the_reason_where_there_is_no_value(audit, single):
    rows = summary_rows(audit)
    assert [row[0] for row in rows] == list(audit.summary["measures"])
    assert all(len(row) == len(SUMMARY_COLUMNS) for row in rows)
    entropy = audit.summary["measures"]["entropy"]
    assert rows[0][1].startswith(f"{entropy['value']:.3f} [{entropy['ci_low']:.3f}, ")
    assert rows[0][2:] == ("3.850", "lower")
    reasons = {row[0]: row[1] for row in summary_rows(single)}
    assert reasons["stability"] == "not applicable: no second training run was given (--runs)"


def test_neither_markup_nor_control_characters_reach_the_terminal(audit):
    measures = {"entropy": {"status": "not applicable", "reason": "[red]no\x1b[2J[/red]"}}
    stream = io.StringIO()
    Console(file=stream, width=100, force_terminal=True, color_system=None).print(
        summary_table(AuditResult(audit.folder, {"measures": measures}))
    )
    assert "[red]no\\x1b[2J[/red]" in stream.getvalue()


@pytest.mark.parametrize("columns", ["40", "80", "200"])
def test_printed(audit, sharper, capsys, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    print_summary(audit)
    out = capsys.readouterr().out
    assert "detector.pt: 24 images = 24 scored + 0 skipped" in out.replace("\n", " ")
    assert str(audit.folder / "report.html") in out
    print_comparison(compare(audit, sharper))
    out = capsys.readouterr().out
    assert out.startswith("A: detector.pt\nB: sharper.pt\n24 images in both.\n")
