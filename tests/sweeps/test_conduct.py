"""Sweeps from start to end, on a few small pictures that a small network learns in seconds."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from saliencekit.auditing import load_audit
from saliencekit.errors import UsageError
from saliencekit.sweeps import draw_sweep, load_sweep, sweep
from saliencekit.sweeps.examples import load_examples
from saliencekit.sweeps.stability import audited
from saliencekit.training.recipe import Recipe
from saliencekit.training.settings import TrainingSettings

RECIPE = Recipe(backbone="saliencekit:small-cnn?width=4", lr=0.01, epochs=2, warm_epochs=1, batch_size=8)
SETTINGS = TrainingSettings(device="cpu", threads=1, workers=0, maps_every=0)
LOSSES = ("cross-entropy", "cyborg")


def write_faces(root):
    """Write pictures with a bright square on the left (fake) or on the right, with its place as the human map."""
    draw = np.random.default_rng(0)
    rows = ["path,label,split,group,human_map"]
    for split, count in (("train", 16), ("val", 8), ("test", 16)):
        for number in range(count):
            label, at = ("fake", 8) if number % 2 else ("real", 36)
            pixels = draw.integers(0, 120, (56, 56), dtype=np.uint8)
            human = np.zeros((56, 56), np.uint8)
            pixels[20:36, at : at + 12] = 250
            human[20:36, at : at + 12] = 255
            name, group = f"{split}-{number}", "left" if number % 4 == 1 else "other"
            for folder, content in (("images", pixels), ("maps", human)):
                (root / folder).mkdir(parents=True, exist_ok=True)
                Image.fromarray(content).save(root / folder / f"{name}.png")
            rows.append(f"images/{name}.png,{label},{split},{group if label == 'fake' else ''},maps/{name}.png")
    (root / "manifest.csv").write_text("\n".join(rows) + "\n")
    return root / "manifest.csv"


@pytest.fixture(scope="module")
def faces(tmp_path_factory):
    return write_faces(tmp_path_factory.mktemp("faces"))


@pytest.fixture(scope="module")
def swept(faces, tmp_path_factory):
    """Two losses with two seeds, trained once; do not change it."""
    told = []
    output = tmp_path_factory.mktemp("sweep") / "out"
    wanted = {"losses": LOSSES, "seeds": range(2), "recipe": RECIPE, "settings": SETTINGS}
    found = sweep(faces, output=output, on_run=lambda *each: told.append(each), **wanted)
    return found, told


@pytest.fixture
def copy(swept, tmp_path):
    return shutil.copytree(swept[0].folder, tmp_path / "copy")


def again(faces, folder, **changes):
    wanted = {"losses": LOSSES, "seeds": range(2), "recipe": RECIPE, "settings": SETTINGS, **changes}
    told = []
    found = sweep(faces, output=folder, on_run=lambda run, done, runs: told.append(run.folder), **wanted)
    return found, told


def test_everything_is_there(swept):
    found, told = swept
    assert found.failed == ()
    assert [(run.loss, run.seed) for run, _, _ in told] == [(loss, seed) for seed in (0, 1) for loss in LOSSES]
    assert [each[1:] for each in told] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert [row.loss for row in found.table.rows] == list(LOSSES)
    for row in found.table.rows:
        assert all(found.n == 2 for found in row.figures.values())
        assert row.stability.value is not None
        assert -1 <= row.stability.ci_low <= row.stability.value <= row.stability.ci_high <= 1
    assert found.table.groups == ("left", "other")
    names = {path.name for path in found.folder.iterdir()}
    assert names >= {*LOSSES, "figures", "sweep.csv", "sweep.json", "sweep.html", "examples.npz", "plan.json"}
    run = found.folder / "cyborg" / "seed-1"
    assert {path.name for path in run.iterdir()} >= {"model.pt", "metrics.csv", "config.toml", "run.json", "evaluation"}
    assert (run / "evaluation" / "roc.svg").is_file()
    assert len(list((found.folder / "figures").iterdir())) == 5


def test_the_table_has_what_the_evaluations_say(swept):
    found, _ = swept
    for run in found.table.runs:
        summary = json.loads((found.folder / run.folder / "evaluation" / "evaluation.json").read_text())
        assert run.figures["auroc"] == summary["pooled"]["auroc"]["value"]
        assert run.figures["map_entropy"] == summary["entropy"]["value"]
        assert summary["threshold"]["taken_from"].startswith("the split 'val'")


def test_stability_is_that_of_the_audit_of_all_runs(swept):
    found, _ = swept
    for row in found.table.rows:
        audit = load_audit(found.folder / row.loss / "audit")
        assert [run["name"] for run in audit.summary["model"]["runs"]] == ["seed-0", "seed-1"]
        assert row.stability.value == audit.summary["measures"]["stability"]["value"]
        assert (audit.folder / "report.html").is_file()


def test_a_table_that_leads_out_of_its_folder_is_audited_too(faces, swept, copy, tmp_path):
    (copy / "cyborg" / "audit" / "summary.json").unlink()
    other = tmp_path / "tables" / "manifest.csv"
    other.parent.mkdir()
    rows = faces.read_text().replace("images/", f"{faces.parent}/images/").replace("maps/", f"{faces.parent}/maps/")
    other.write_text(rows)
    runs = [copy / "cyborg" / f"seed-{seed}" / "model.pt" for seed in (0, 1)]
    folder, settings = copy / "cyborg" / "audit", {"split": "test", "device": "cpu", "workers": 0}
    refused = audited(folder, runs, str(other), **settings)
    assert "leads out of the folder" in refused.reason
    allowed = audited(folder, runs, str(other), allow_outside=True, **settings)
    assert allowed.value == pytest.approx(swept[0].table.rows[1].stability.value)


def test_examples_are_the_same_images_for_every_loss(swept):
    kept = load_examples(swept[0].folder)
    assert list(kept.maps) == list(LOSSES)
    assert kept.split == "test"
    assert all(name.startswith("images/test-") for name in kept.names)
    assert all(maps.shape == (5, 7, 7) for maps in kept.maps.values())
    assert all(human.max() == 255 for human in kept.human_maps)


def test_again_draws_the_same_and_trains_nothing(swept, faces, copy, monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("nothing is to be trained or audited again")

    monkeypatch.setattr("saliencekit.sweeps.job.RunJob.run", refuse)
    monkeypatch.setattr("saliencekit.sweeps.stability.run_audit", refuse)
    monkeypatch.setattr("saliencekit.sweeps.example_making.make_examples", refuse)
    before = (copy / "sweep.html").read_bytes()
    (copy / "sweep.html").unlink()
    (copy / "sweep.json").unlink()
    found, told = again(faces, copy)
    assert told == []
    assert found.table == swept[0].table == load_sweep(copy).table
    assert (copy / "sweep.html").read_bytes() == before


def test_only_what_is_unfinished_is_run(swept, faces, copy):
    broken, new = copy / "cyborg" / "seed-0", copy / "cross-entropy" / "seed-1"
    shutil.rmtree(broken / "evaluation")  # trained, and stopped in the evaluation
    shutil.rmtree(new)
    found, told = again(faces, copy)
    assert told == ["cyborg/seed-0", "cross-entropy/seed-1"]
    assert found.table == swept[0].table  # the same numbers, bit for bit


def test_seeds_and_losses_may_be_added(swept, faces, copy):
    found, told = again(faces, copy, losses=("cyborg",), seeds=(0, 5), audit=False)
    assert told == ["cyborg/seed-5"]
    (row,) = found.table.rows
    assert (row.finished, row.stability, found.table.baseline) == (2, None, None)
    before = next(row for row in swept[0].table.rows if row.loss == "cyborg").figures["auroc"]
    assert row.figures["auroc"] != before


def test_a_failing_run_is_named_and_the_others_go_on(faces, copy, monkeypatch):
    from saliencekit.errors import NumericalError
    from saliencekit.sweeps.job import RunJob

    shutil.rmtree(copy / "cyborg" / "seed-0")
    shutil.rmtree(copy / "cyborg" / "seed-1")
    run = RunJob.run

    def broken(job):
        if (job.loss, job.seed) == ("cyborg", 0):
            raise NumericalError("the loss is not finite in epoch 1, step 2")
        run(job)

    monkeypatch.setattr(RunJob, "run", broken)
    found, told = again(faces, copy)
    assert told == ["cyborg/seed-0", "cyborg/seed-1"]
    (failed,) = found.failed
    assert (failed.folder, failed.status) == ("cyborg/seed-0", "failed")
    assert failed.reason == "the loss is not finite in epoch 1, step 2"
    cyborg = found.table.rows[1]
    assert (cyborg.finished, cyborg.against["auroc"].n) == (1, 1)
    assert cyborg.stability.reason == "no second training run was given (--runs)"
    assert "the loss is not finite in epoch 1, step 2" in (copy / "sweep.html").read_text()
    assert draw_sweep(copy).failed == found.failed


def test_another_recipe_is_refused(faces, copy):
    from dataclasses import replace

    with pytest.raises(UsageError, match=r"has recipe\.lr 0\.01, and now 0\.5 is asked for"):
        again(faces, copy, recipe=replace(RECIPE, lr=0.5))
    with pytest.raises(UsageError, match="holds a sweep: choose another --output"):
        again(faces, copy, resume=False)


def test_other_test_data_take_their_threshold_from_the_first(faces, tmp_path):
    other = write_faces(tmp_path / "other")
    found = sweep(
        faces,
        output=tmp_path / "out",
        losses=["cross-entropy"],
        seeds=[0],
        recipe=RECIPE,
        settings=SETTINGS,
        test_data=[other],
        split="all",
    )
    path = found.folder / found.table.runs[0].folder / "evaluation" / "evaluation.json"
    summary = json.loads(path.read_text())
    assert summary["data"]["source"] == str(other)
    assert f"'val' of {faces}" in summary["threshold"]["taken_from"]
    assert len(load_examples(found.folder).names) == 5


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"processes": 0}, "expected `processes` to be at least 1, got 0"),
        ({"split": "dev"}, "dev"),
        ({"settings": TrainingSettings(devices=2)}, "a sweep trains each run on one device: give --processes"),
        ({"losses": ["droit"]}, "did you mean 'droid'"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_written(faces, tmp_path, changes, sentence):
    with pytest.raises(UsageError, match=sentence):
        again(faces, tmp_path / "out", **changes)
    assert not (tmp_path / "out").exists()
