"""``saliencekit compare``: two and more, families, and the gate."""

import json

import numpy as np
import pandas as pd
import pytest

from saliencekit.files import write_json


@pytest.fixture
def audits(tmp_path):
    """Folders of three tiny audits, ever more focused."""
    folders = []
    for place, value in enumerate((3.0, 2.0, 1.0)):
        folder = tmp_path / f"audit-{place}"
        (folder / "records").mkdir(parents=True)
        frame = pd.DataFrame({"image": [f"{i}.png" for i in range(20)], "entropy": value + 0.01 * np.arange(20)})
        for name in ("label", "group", "predicted"):
            frame[name] = pd.Series([None] * 20, dtype="string")
        frame = frame.assign(entropy_normalized=0.5, effective_area=1.0, histogram_entropy=0.5, score=0.5)
        frame.to_parquet(folder / "records" / "entropy.parquet", index=False)
        entry = {"status": "ok", "reason": None, "direction": "lower"}
        model = {"path": f"{place}.pt", "layer": "conv", "salience": "cam", "target": "predicted"}
        summary = {"schema_version": 1, "model": model, "data": {}, "settings": {}, "measures": {"entropy": entry}}
        write_json(folder / "summary.json", summary)
        folders.append(folder)
    return folders


def test_two(run, audits, tmp_path):
    code, out, err = run("compare", *audits[:2], "--output", tmp_path / "out")
    assert (code, err) == (0, "")
    assert "Pick 1.pt" in out
    assert (tmp_path / "out" / "comparison.html").is_file()


def test_three_as_json(run, audits):
    code, out, _ = run("compare", *audits, "--json")
    assert code == 0
    found = json.loads(out)
    assert found["names"] == ["0.pt", "1.pt", "2.pt"]
    assert len(found["comparisons"]) == 3


def test_families(run, audits):
    code, out, _ = run("compare", f"old={audits[0]},{audits[1]}", f"new={audits[1]},{audits[2]}")
    assert code == 0
    assert "over 2 and 2 runs" in out


def test_the_gate_is_held_against_each_later_one(run, audits):
    code, _, err = run("compare", *audits, "--fail-on", "entropy.value drop > 0.5")
    assert code == 1
    assert err.count("gate failed: entropy.value drop > 0.5") == 2
    assert run("compare", *audits, "--fail-on", "entropy.value rise > 0")[0] == 0


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("{0}",), 2, "requires an argument"),
        (("{0}", "x="), 2, "expected a folder, or NAME=DIR"),
        (("{0}", "{0}/nothing"), 3, "holds no finished audit"),
        (("{0}", "{1}", "--fail-on", "stability.value > 1"), 2, "unknown name 'stability'"),
        (("{0}", "{1}", "--fail-on", "entropy >"), 2, "expected a number or a name"),
    ],
)
def test_mistakes(run, audits, words, code, sentence):
    found, _, err = run("compare", *(word.format(*audits) for word in words))
    assert (found, sentence in err) == (code, True)
