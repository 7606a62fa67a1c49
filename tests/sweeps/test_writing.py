import csv
import json

import pytest

from saliencekit.errors import InputError
from saliencekit.sweeps.writing import read_table


def test_what_is_read_is_what_was_written(written):
    folder, table = written(("cross-entropy", "droid"), failures={("droid", 1): "it broke"})
    found, account = read_table(folder)
    assert found == table
    assert account["losses"] == ["cross-entropy", "droid"]


def test_rows_of_runs(written):
    folder, table = written(("cross-entropy", "droid"), failures={("droid", 1): "it, broke\nhere"})
    with (folder / "sweep.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["loss"], row["seed"], row["status"]) for row in rows[-2:]] == [
        ("droid", "1", "failed"),
        ("droid", "2", "finished"),
    ]
    assert rows[-2]["reason"] == "it, broke\nhere"
    assert rows[-2]["auroc"] == ""
    for row, run in zip(rows, table.runs, strict=True):
        if run.status == "finished":
            assert float(row["auroc"]) == run.figures["auroc"]
            assert float(row["auroc/<swap>"]) == run.groups["<swap>"]["auroc"]


def test_no_table_a_damaged_one_and_one_of_the_future(written, tmp_path):
    with pytest.raises(InputError, match=r"holds no finished sweep \(no sweep\.json\)"):
        read_table(tmp_path)
    folder, _ = written(("droid",), seeds=[0])
    path = folder / "sweep.json"
    whole = json.loads(path.read_text())
    path.write_text(json.dumps(whole | {"schema_version": 99}))
    with pytest.raises(InputError, match="has schema 99, and this saliencekit reads up to 1"):
        read_table(folder)
    for broken in ("{", "[]", json.dumps({**whole, "losses": {"droid": {}}})):
        path.write_text(broken)
        with pytest.raises(InputError, match=r"sweep\.json is not the table of a sweep"):
            read_table(folder)
