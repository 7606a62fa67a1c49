import numpy as np
import pytest

from saliencekit.evaluation.metrics import METRICS
from saliencekit.evaluation.result import Evaluation
from saliencekit.evaluation.scores import Scores
from saliencekit.evaluation.summary import summarise
from saliencekit.reports.detection import evaluation_rows, print_evaluation


@pytest.fixture
def summary():
    values = np.array([0.1, 0.2, 0.6, 0.4, 0.7, 0.8])
    scores = Scores(values, values, np.arange(6) > 2, np.array([-1, -1, -1, 0, 0, 1], np.int32), ("a\x1b[2J", "[red]b"))
    return {
        **summarise(scores, score="sigmoid", threshold=0.5, resamples=0, seed=0),
        "model": {"path": "runs/seed-0/model.pt"},
        "data": {"listed": 7, "scored": 6, "skipped": [{}]},
        "score": {"means": "sigmoid of the logit of fake"},
        "threshold": {"value": 0.5, "taken_from": "given"},
        "entropy": {"value": None, "reason": "the head allows no CAM"},
    }


def test_a_row_a_figure(summary):
    rows = {row[0]: row[1:] for row in evaluation_rows(summary)}
    assert list(rows) == [metric.title for metric in METRICS.values()]
    assert rows["AUROC"] == ("0.889", "0.917", "0.833", "1.000")
    assert rows["APCER"] == ("0.500", "0.250", "0.500", "0.000")
    assert rows["TPR at FPR 1 %"][0] == "not applicable: 1.0% of 3 real images is less than one image"


def test_printed_as_it_is(summary, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "150")
    print_evaluation(Evaluation(tmp_path, summary))
    out = capsys.readouterr().out
    for word in (
        "seed-0/model.pt: 7 images = 6 scored + 1 skipped",
        "score: sigmoid of the logit of fake",
        "threshold: 0.500, given",
        "map entropy: not applicable: the head allows no CAM",
        "[red]b",
        "mean of 2 generators",
        str(tmp_path),
    ):
        assert word in out
    assert "\x1b" not in out
