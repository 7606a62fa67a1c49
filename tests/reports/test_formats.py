import csv
import io
import json

import pytest

from saliencekit.errors import UsageError
from saliencekit.reports import write_formats
from saliencekit.reports.findings import findings_of
from saliencekit.reports.markdown import MOST_ROWS, markdown_of
from saliencekit.reports.rows import csv_of, rows_of


def test_each_format_is_a_file(audit):
    paths = write_formats(audit, "html, md,json,csv,md")
    assert [path.name for path in paths] == ["report.html", "report.md", "report.json", "report.csv"]
    assert all(path.parent == audit.folder and path.stat().st_size for path in paths)
    content = json.loads(paths[2].read_text(encoding="utf-8"))
    assert content["measures"] == json.loads(json.dumps(audit.summary["measures"]))
    assert [each["id"] for each in content["findings"]] == [each.id for each in findings_of(audit.summary)]


def test_an_unknown_format(audit):
    with pytest.raises(UsageError, match="unknown format 'pdf': expected one of html, md, json, csv"):
        write_formats(audit, "html,pdf")


def test_markdown_holds_every_measure_and_finding(audit):
    text = markdown_of(audit.summary)
    for entry in audit.summary["measures"].values():
        assert f"| {entry['value']:.3f} |".replace("-", "−") in text
        assert entry["question"] in text
    for each in findings_of(audit.summary):
        assert f"**{each.severity}**" in text
    assert "24 images = 24 scored + 0 skipped" in text


def test_names_are_text_in_markdown(audit):
    summary = json.loads(json.dumps(audit.summary))
    level = summary["measures"]["entropy"]["groups"]["group"]["warp"]
    hostile = "<img src=x>|`*_[a](b)\n# x\x1b[2J $y$ @someone"
    summary["measures"]["entropy"]["groups"]["group"] = {hostile: level}
    (line,) = [line for line in markdown_of(summary).split("\n") if "img src" in line]
    assert line.startswith("| &lt;img src=x&gt;\\|\\`\\*\\_\\[a\\](b)\\\\x0a\\# x\\\\x1b\\[2J \\$y\\$ &#64;someone |")
    text = markdown_of(summary)
    assert "### By prediction" in text
    assert "\n| right | " in text


def test_many_groups_are_cut_in_markdown(audit):
    summary = json.loads(json.dumps(audit.summary))
    level = summary["measures"]["entropy"]["groups"]["group"]["warp"]
    summary["measures"]["entropy"]["groups"]["group"] = {f"g{i}": level for i in range(200)}
    assert f"{200 - MOST_ROWS} more in `summary.json`." in markdown_of(summary)


def test_an_audit_of_one_image_in_every_format(single):
    assert len(write_formats(single, "md,json,csv")) == 3
    assert "not applicable" in markdown_of(single.summary)


def test_csv_has_a_row_a_number(audit):
    rows = list(csv.DictReader(io.StringIO(csv_of(audit.summary))))
    assert len(rows) == len(list(rows_of(audit.summary)))
    (whole,) = [row for row in rows if (row["measure"], row["quantity"], row["factor"]) == ("entropy", "entropy", "")]
    assert float(whole["value"]) == audit.summary["measures"]["entropy"]["value"]
    (real,) = [row for row in rows if (row["measure"], row["factor"], row["level"]) == ("entropy", "label", "real")]
    assert float(real["value"]) == audit.summary["measures"]["entropy"]["groups"]["label"]["real"]["value"]


def test_no_name_is_a_formula(audit):
    summary = json.loads(json.dumps(audit.summary))
    groups = summary["measures"]["entropy"]["groups"]["group"]
    level = groups["warp"]
    summary["measures"]["entropy"]["groups"]["group"] = dict.fromkeys(("=cmd()", "+1", "-1", "@a", "\tb", "＝1"), level)
    levels = {row["level"] for row in csv.DictReader(io.StringIO(csv_of(summary))) if row["factor"] == "group"}
    assert {"'=cmd()", "'+1", "'-1", "'@a", "'\\x09b", "'＝1"} <= levels
