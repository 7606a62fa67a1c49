import csv

import numpy as np

from saliencekit.data import open_data
from saliencekit.evaluation.subjects import subjects_of
from saliencekit.evaluation.table import open_table, plain_cell, read_table


def test_no_cell_is_a_formula(tmp_path, write_pictures, plain):
    rows = [("=1+1.png", "fake", "", "@gan", 90), ("-a,b.png", "real", "", "+x", 90)]
    subjects = subjects_of(open_data(write_pictures(tmp_path / "d", rows)), plain, split="test")
    with open_table(tmp_path / "t.csv") as table:
        table.write(subjects, np.array([0, 1]), [0.25, 0.1], [0.5, 1e-17], ["real", "fake"], ["", 3.5])
    written = list(csv.DictReader((tmp_path / "t.csv").read_text(encoding="utf-8").splitlines()))
    assert [(row["image"], row["group"]) for row in written] == [("'-a,b.png", "'+x"), ("'=1+1.png", "'@gan")]
    assert [row["entropy"] for row in written] == ["", "3.5"]
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in written for cell in row.values())
    frame = read_table(tmp_path / "t.csv")
    assert frame["score_softmax"].tolist() == [0.5, 1e-17]
    assert frame["entropy"].isna().tolist() == [True, False]
    assert frame["label"].tolist() == ["real", "fake"]
    assert frame["split"].tolist() == ["", ""]


def test_cells():
    assert [plain_cell(each) for each in ("=a", "\tb", "a=b", "")] == ["'=a", "'\tb", "a=b", ""]


def test_rows_are_on_the_disk_batch_by_batch(tmp_path, write_pictures, plain):
    rows = [("a.png", "real", "", "", 90), ("b.png", "fake", "", "", 90)]
    subjects = subjects_of(open_data(write_pictures(tmp_path / "d", rows)), plain, split="test")
    with open_table(tmp_path / "t.csv") as table:
        table.write(subjects, np.array([0]), [0.5], [0.5], ["real"], [""])
        assert (tmp_path / "t.csv").read_text().count("\n") == 2
