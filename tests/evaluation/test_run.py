"""An evaluation end to end, with a network whose scores are known."""

import csv
import json

import numpy as np
import pytest
import torch
from torch import nn

from saliencekit.errors import DataError, ModelError, UsageError
from saliencekit.evaluation import evaluate, load_evaluation
from saliencekit.evaluation.metrics import METRICS
from saliencekit.models import save_model

FEW = {"workers": 0, "resamples": 30}


@pytest.fixture
def run(tmp_path, plain, detector_of, pictures):
    def evaluated(network=None, data=pictures, **given):
        settings = {"preprocessing": plain, "output": tmp_path / "evaluation", **FEW, **given}
        return evaluate(network or detector_of(0.0, 3.0), data, **settings)

    return evaluated


def scores_in(folder, name="scores.csv"):
    return list(csv.DictReader((folder / name).read_text(encoding="utf-8").splitlines()))


def test_the_folder_and_what_is_in_it(run, tmp_path):
    found = run()
    folder = tmp_path / "evaluation"
    assert {path.name for path in folder.iterdir()} == {".lock", "evaluation.json", "scores.csv", "validation.csv"}
    summary = json.loads((folder / "evaluation.json").read_text())
    assert summary == load_evaluation(folder).summary == json.loads(json.dumps(found.summary))
    assert (summary["schema_version"], summary["complete"]) == (1, True)
    assert summary["counts"] == {"listed": 40, "scored": 40, "skipped": 0, "excluded": 0, "left_out": 10}
    assert (summary["data"]["split"], summary["data"]["labels"]) == ("test", {"real": 20, "fake": 20})
    assert summary["data"]["groups"] == {"real": {"camera": 20}, "fake": {"easy": 10, "hard": 10}}
    assert set(summary["groups"]) == {"easy", "hard"}
    assert summary["score"]["name"] == "softmax"
    assert summary["model"]["logits"] == 2
    assert len(found.scores) == 40
    assert found.scores["score_softmax"].between(0, 1).all()


def test_figures_are_those_of_the_table(run, tmp_path):
    """By pairs of rows of the table, at the threshold written down."""
    summary = run().summary
    rows = scores_in(tmp_path / "evaluation")
    threshold = summary["threshold"]["value"]
    score = {
        label: np.array([float(r["score_softmax"]) for r in rows if r["label"] == label]) for label in ("real", "fake")
    }
    pairs = score["fake"][:, None] - score["real"]
    assert summary["pooled"]["auroc"]["value"] == pytest.approx(np.mean((pairs > 0) + (pairs == 0) / 2), abs=1e-6)
    assert summary["pooled"]["bpcer"]["value"] == np.mean(score["real"] >= threshold)
    assert summary["pooled"]["apcer_pooled"]["value"] == np.mean(score["fake"] < threshold)
    by_group = {
        group: np.mean([float(r["score_softmax"]) < threshold for r in rows if r["group"] == group])
        for group in ("easy", "hard")
    }
    assert {group: each["apcer"]["value"] for group, each in summary["groups"].items()} == by_group
    assert summary["pooled"]["apcer"]["value"] == max(by_group.values())


def test_the_threshold_is_the_validation_splits(run, tmp_path):
    summary = run().summary
    rows = scores_in(tmp_path / "evaluation", "validation.csv")
    assert (len(rows), {row["split"] for row in rows}) == (10, {"val"})
    assert "the split 'val' of" in summary["threshold"]["taken_from"]
    assert "balanced-accuracy" in summary["threshold"]["taken_from"]
    assert summary["threshold"]["scored"] == 10

    def right(at):
        called = [float(row["score_softmax"]) >= at for row in rows]
        fake = [row["label"] == "fake" for row in rows]
        return sum(c == f for c, f in zip(called, fake, strict=True))  # five of each class: also the balanced one

    assert right(summary["threshold"]["value"]) == max(right(at) for at in np.linspace(0, 1, 500))
    assert "eer" in run(threshold_rule="eer", overwrite=True).summary["threshold"]["taken_from"]


def test_a_threshold_that_was_given(run, tmp_path):
    summary = run(threshold=0.25).summary
    assert summary["threshold"] == {"value": 0.25, "taken_from": "given", "scored": 0, "skipped": []}
    assert not (tmp_path / "evaluation" / "validation.csv").exists()


def test_no_validation_split_is_one_half(run, tmp_path, write_pictures):
    rows = [("a.png", "real", "", "", 90), ("b.png", "fake", "", "", 200)]
    summary = run(data=write_pictures(tmp_path / "d", rows)).summary
    assert summary["threshold"]["value"] == 0.5
    assert "has no split 'val'" in summary["threshold"]["taken_from"]
    assert summary["data"]["split"] is None
    assert summary["pooled"]["auroc"]["value"] == 1


def test_a_validation_split_of_one_class_is_one_half(run, tmp_path, write_pictures):
    rows = [("a.png", "real", "test", "", 90), ("b.png", "fake", "test", "", 200), ("c.png", "real", "val", "", 90)]
    threshold = run(data=write_pictures(tmp_path / "d", rows)).summary["threshold"]
    assert threshold["value"] == 0.5
    assert "needs both classes, got 1 real and 0 synthetic" in threshold["taken_from"]


def test_a_threshold_from_another_table(run, tmp_path, write_pictures, pictures):
    rows = [("a.png", "real", "", "", 90), ("b.png", "fake", "", "", 200)]
    summary = run(data=write_pictures(tmp_path / "d", rows), threshold_data=pictures).summary
    assert str(pictures) in summary["threshold"]["taken_from"]


def test_the_scores_rank_differently_and_are_named(run):
    network = nn.Sequential(nn.Conv2d(1, 2, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, 2)).eval()
    with torch.no_grad():  # logits (3 m, m): the sigmoid of the second rises with brightness, the softmax falls
        network[0].weight.fill_(1)
        network[0].bias.zero_()
        network[3].weight.copy_(torch.tensor([[1.5, 1.5], [0.5, 0.5]]))
        network[3].bias.zero_()
    one = run(network, score="sigmoid").summary
    other = run(network, score="softmax", overwrite=True).summary
    assert (one["score"]["name"], other["score"]["name"]) == ("sigmoid", "softmax")
    assert one["score"]["means"] == "sigmoid of the logit of fake"
    assert one["pooled"]["auroc"]["value"] == pytest.approx(1 - other["pooled"]["auroc"]["value"], abs=1e-6)
    assert one["pooled"]["auroc"]["value"] > 0.9
    assert one["pooled"]["brier"] == other["pooled"]["brier"]


def test_a_head_of_one_logit(run, detector_of):
    summary = run(detector_of(3.0)).summary
    assert (summary["score"]["name"], summary["model"]["logits"]) == ("sigmoid", 1)
    assert summary["pooled"]["auroc"]["value"] > 0.9


def test_a_model_that_puts_fake_first(run, plain, tmp_path, pictures):
    from saliencekit.models import build_model

    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = build_model("saliencekit:small-cnn?width=8", num_classes=2)
    tables = []
    for number, classes in enumerate((("real", "fake"), ("fake", "real"))):
        path = tmp_path / f"{number}.pt"
        save_model(
            model, path, arch="saliencekit:small-cnn?width=8", classes=classes, preprocessing=plain, data=pictures
        )
        found = run(path, data=None, output=tmp_path / f"e{number}")  # the data that the checkpoint records
        assert found.summary["model"]["synthetic_class"] == 1 - number
        tables.append(found.scores)
    assert np.allclose(tables[0]["score_softmax"], 1 - tables[1]["score_softmax"])


def test_a_folder_with_an_evaluation_is_refused(run, tmp_path):
    run()
    before = (tmp_path / "evaluation" / "evaluation.json").read_bytes()
    with pytest.raises(UsageError, match=r"holds evaluation\.json of an evaluation"):
        run()
    with pytest.raises(ModelError):  # replaced only once there is something to replace it with
        run(nn.Sequential(nn.Flatten(), nn.Linear(3, 2)), overwrite=True)
    assert (tmp_path / "evaluation" / "evaluation.json").read_bytes() == before
    run(overwrite=True)


def test_the_summary_comes_last(run, tmp_path):
    seen = []

    def finish(found):
        seen.append(sorted(path.name for path in found.folder.iterdir()))
        raise RuntimeError("the figure failed")

    with pytest.raises(RuntimeError, match="the figure failed"):
        run(finish=finish)
    assert seen == [[".lock", "scores.csv", "validation.csv"]]
    assert not (tmp_path / "evaluation" / "evaluation.json").exists()


def test_nothing_about_the_computing_matters(run, tmp_path):
    one = run(output=tmp_path / "a", batch_size=1).summary
    other = run(output=tmp_path / "b", batch_size=64, workers=2).summary
    for name in METRICS:
        for key in ("value", "ci_low", "ci_high"):
            expected = other["pooled"][name][key]
            assert one["pooled"][name][key] == (expected if expected is None else pytest.approx(expected, abs=1e-6))
    assert one["entropy"]["value"] == pytest.approx(other["entropy"]["value"], abs=1e-5)


def test_unreadable_images_are_counted_and_mark_the_evaluation(run, tmp_path, write_pictures):
    rows = [(f"{n:02d}.png", ("real", "fake")[n % 2], "", "g", None if n == 3 else 90 + n) for n in range(12)]
    summary = run(data=write_pictures(tmp_path / "d", rows)).summary
    assert summary["complete"] is False
    assert summary["counts"] == {"listed": 12, "scored": 11, "skipped": 1, "excluded": 0, "left_out": 0}
    assert [each["image"] for each in summary["data"]["skipped"]] == ["03.png"]
    assert summary["pooled"]["n"] == {"real": 6, "synthetic": 5}
    assert run(data=tmp_path / "d", max_unreadable=0.1, overwrite=True).summary["complete"] is True


def test_unreadable_validation_images_count_too(run, tmp_path, write_pictures):
    rows = [
        (f"{n}.png", ("real", "fake")[n % 2], ("val", "test")[n // 4], "", None if n == 1 else 90) for n in range(8)
    ]
    summary = run(data=write_pictures(tmp_path / "d", rows)).summary
    assert summary["complete"] is False
    assert [each["image"] for each in summary["threshold"]["skipped"]] == ["1.png"]
    assert summary["counts"]["skipped"] == 0


def test_one_class_is_scored_and_says_so(run, tmp_path, write_pictures):
    rows = [(f"{n}.png", "real", "", "", 90 + n) for n in range(4)]
    summary = run(data=write_pictures(tmp_path / "d", rows)).summary
    assert summary["pooled"]["auroc"]["reason"] == "no synthetic image was scored"
    assert summary["pooled"]["bpcer"]["value"] is not None
    assert len(scores_in(tmp_path / "evaluation")) == 4


def test_no_cam_leaves_the_column_empty(run):
    network = nn.Sequential(nn.Conv2d(1, 1, 3), nn.Flatten(), nn.Linear(14 * 14, 2)).eval()
    found = run(network)
    assert found.scores["entropy"].isna().all()
    assert found.summary["entropy"]["value"] is None
    assert "CAM is not defined" in found.summary["entropy"]["reason"]


def test_mistakes(run, tmp_path, detector_of, write_pictures):
    with pytest.raises(UsageError, match="the checkpoint records no data"):
        run(data=None)
    with pytest.raises(UsageError, match="from the split 'test', which is evaluated"):
        run(threshold_split="test")
    with pytest.raises(UsageError, match="has no split 'dev2' to take the threshold from: it has test, val"):
        run(threshold_split="dev2")
    with pytest.raises(UsageError, match="unknown split"):
        run(split="hold-out")
    with pytest.raises(ModelError, match="detector of one or two logits, got 3 classes"):
        run(detector_of(1.0, 2.0, 3.0))
    with pytest.raises(ModelError, match="the network gives probabilities"):
        run(nn.Sequential(*detector_of(0.0, 3.0), nn.Softmax(1)))
    bad = write_pictures(tmp_path / "bad", [("a.png", "real", "", "", None), ("b.png", "fake", "", "", None)])
    with pytest.raises(DataError, match=r"none of the 2 images of .* could be read; the first: a.png"):
        run(data=bad)
    assert not (tmp_path / "evaluation" / "scores.csv").exists()


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_the_gpu_gives_the_same(run, tmp_path):
    here = run(output=tmp_path / "a", device="cpu").scores
    there = run(output=tmp_path / "b", device="cuda", batch_size=7).scores
    assert there["image"].tolist() == here["image"].tolist()
    for name in ("score_sigmoid", "score_softmax", "entropy"):
        assert np.allclose(there[name], here[name], atol=1e-3)
