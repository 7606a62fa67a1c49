import pandas as pd
import pytest

from saliencekit.auditing.measured import MOST_ROWS, MeasureResult
from saliencekit.auditing.result import AuditResult, Records
from saliencekit.errors import UsageError

ENTRY = {
    "question": "How <focused>?",
    "unit": "nats",
    "value": 3.25,
    "ci_low": 3.0,
    "ci_high": 3.5,
    "std": 0.5,
    "null": 3.8,
    "n": 4,
    "also": {"area": {"value": 20.0, "unit": "cells", "n": 4}},
    "groups": {"label": {"<b>fake</b>": {"value": 3.0, "ci_low": None, "ci_high": None, "n": 2}}},
}
MISSING = {"value": None, "unit": "SSIM", "reason": "needs a <second> run", "also": {}, "groups": {}}


@pytest.fixture
def audit(tmp_path):
    (tmp_path / "records").mkdir()
    pd.DataFrame({"image": ["a"], "entropy": [1.0]}).to_parquet(tmp_path / "records" / "entropy.parquet")
    return AuditResult(tmp_path, {"measures": {"entropy": ENTRY, "stability": MISSING}})


def test_numbers_of_a_measure(audit):
    frame = audit["entropy"].frame()
    assert frame[["factor", "level", "unit"]].to_numpy().tolist() == [
        ["all", "", "nats"],
        ["also", "area", "cells"],
        ["label", "<b>fake</b>", "nats"],
    ]
    assert frame["value"].tolist() == [3.25, 20.0, 3.0]
    assert frame["null"].isna().tolist() == [False, True, True]
    assert frame["ci_low"].dtype == "float64"


def test_records_of_a_measure(audit):
    assert audit["entropy"].records["entropy"].tolist() == [1.0]
    with pytest.raises(UsageError, match="stability has no records: needs a <second> run"):
        audit["stability"].records  # noqa: B018


def test_a_notebook_shows_names_as_text(audit):
    shown = audit["entropy"]._repr_html_()
    assert "How &lt;focused&gt;?" in shown
    assert "&lt;b&gt;fake&lt;/b&gt;" in shown
    assert "<b>fake" not in shown
    assert "NaN" not in shown
    assert "<b>&lt;i&gt;</b>" in MeasureResult("<i>", ENTRY, audit.records)._repr_html_()
    assert "not applicable: needs a &lt;second&gt; run" in audit["stability"]._repr_html_()


def test_a_long_table_is_cut():
    groups = {"group": {f"group {number:03d}": {"value": 1.0, "n": 1} for number in range(200)}}
    shown = MeasureResult("entropy", ENTRY | {"groups": groups}, Records.__new__(Records))._repr_html_()
    assert shown.count("<tr>") <= MOST_ROWS + 3
    assert "group 199" in shown


def test_an_unknown_measure(audit):
    with pytest.raises(
        UsageError, match="unknown measure of this audit 'entropie': expected one of entropy, stability"
    ):
        audit["entropie"]


def test_it_is_drawn_by_what_it_was_opened_with(audit):
    for drawn in (audit.plot, audit["entropy"].plot):
        with pytest.raises(UsageError, match=r"opened without figures: open the audit with saliencekit\.load_audit"):
            drawn()
    asked = []
    opened = AuditResult(audit.folder, audit.summary, draw=asked.append)
    opened.plot()
    opened.plot("entropy")
    opened["stability"].plot()
    assert asked[0] is opened
    assert [each.name for each in asked[1:]] == ["entropy", "stability"]
    assert opened == audit  # how it is drawn is no part of what was found
