import json

import pytest

from saliencekit.errors import InputError
from saliencekit.files import sha256
from saliencekit.sweeps.outcome import Outcome, is_finished, read_epochs, read_outcome, read_roc


def test_a_finished_run(write_run, tmp_path):
    folder = write_run(tmp_path, "cyborg", 3, auroc=0.75, entropy=2.5, groups=(("warp", 0.125),))
    found = read_outcome(tmp_path, "cyborg", 3)
    assert (found.loss, found.seed, found.folder, found.status, found.reason) == (
        "cyborg",
        3,
        "cyborg/seed-3",
        "finished",
        None,
    )
    assert found.figures == {
        "auroc": 0.75,
        "average_precision": 0.74,
        "accuracy": 0.7,
        "eer": 0.25,
        "map_entropy": 2.5,
    }
    assert found.groups == {"warp": {"auroc": 0.875}}
    assert read_epochs(folder)["val/map_entropy"].tolist()[-1] == 2.5
    fpr, tpr = read_roc(folder)
    assert (fpr[0], fpr[-1], tpr[-1]) == (0.0, 1.0, 1.0)


def test_a_figure_without_a_value_is_not_there(write_run, tmp_path):
    path = write_run(tmp_path, "droid", 0) / "evaluation" / "evaluation.json"
    summary = json.loads(path.read_text())
    summary["pooled"]["eer"] = {"value": None, "reason": "one class only"}
    summary["entropy"] = {"value": None, "reason": "the head allows no CAM"}
    path.write_text(json.dumps(summary | {"roc": None}))
    assert set(read_outcome(tmp_path, "droid", 0).figures) == {"auroc", "average_precision", "accuracy"}
    assert [len(each) for each in read_roc(tmp_path / "droid" / "seed-0")] == [0, 0]


def test_trained_but_not_evaluated_is_not_finished(write_run, tmp_path):
    folder = write_run(tmp_path, "droid", 0)
    (folder / "evaluation" / "evaluation.json").unlink()
    assert not is_finished(folder)
    assert read_outcome(tmp_path, "droid", 0).status == "missing"


def test_an_evaluation_of_a_model_that_was_replaced_is_none(write_run, tmp_path):
    folder = write_run(tmp_path, "droid", 0)
    path = folder / "evaluation" / "evaluation.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"model": {"sha256": sha256(folder / "model.pt")}}))
    assert is_finished(folder)
    (folder / "model.pt").write_bytes(b"trained again with --overwrite")
    assert not is_finished(folder)
    assert read_outcome(tmp_path, "droid", 0).status == "missing"


def test_an_evaluation_that_lacks_images_is_a_failure(write_run, tmp_path):
    folder = write_run(tmp_path, "droid", 0)
    path = folder / "evaluation" / "evaluation.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"complete": False}))
    found = read_outcome(tmp_path, "droid", 0)
    assert (found.status, found.figures, is_finished(folder)) == ("failed", {}, False)
    assert found.reason == "more images of its evaluation could not be read than --max-unreadable allows"


def test_a_failure_is_told_even_beside_old_files(write_run, tmp_path):
    write_run(tmp_path, "droid", 0)
    found = read_outcome(tmp_path, "droid", 0, failure="the disk is full")
    assert found == Outcome("droid", 0, "droid/seed-0", "failed", "the disk is full")


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"pooled": 3}'])
def test_a_damaged_evaluation_is_named(write_run, tmp_path, content):
    path = write_run(tmp_path, "droid", 0) / "evaluation" / "evaluation.json"
    path.write_text(content)
    with pytest.raises(InputError, match=r"evaluation\.json is not the summary of an evaluation: delete .*evaluation"):
        read_outcome(tmp_path, "droid", 0)


def test_epochs_that_are_not_there_or_damaged(tmp_path):
    assert len(read_epochs(tmp_path)) == 0
    (tmp_path / "metrics.csv").write_text('epoch,a\n0,"1\n')
    with pytest.raises(InputError, match=r"metrics\.csv cannot be read"):
        read_epochs(tmp_path)
