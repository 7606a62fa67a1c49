"""An audit from end to end, and what must not change its numbers."""

import json
import math
import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
import torch

import saliencekit as sk
from saliencekit.auditing import parts
from saliencekit.auditing.outline import ANY, outline
from saliencekit.files import sha256
from saliencekit.measures import MEASURES
from saliencekit.reports import write_report

CONTENT = ("summary.json", "run.json", "report.html", "records", "gallery", "figures")


def assert_same_records(a, b, *, atol=1e-5):
    """The records of two audits agree: words exactly, numbers to the network's arithmetic."""
    assert list(a.records) == list(b.records)
    for name in a.records:
        pd.testing.assert_frame_equal(a.records[name], b.records[name], rtol=atol, atol=atol)


@pytest.fixture(scope="module")
def whole(folder, elsewhere, checkpoints, tmp_path_factory):
    """An audit with everything applicable."""
    return sk.audit(
        checkpoints[0],
        folder,
        out_of_set=[elsewhere],
        runs=checkpoints[1:],
        output=tmp_path_factory.mktemp("a") / "audit",
    )


def test_every_measure_has_a_value_with_interval_and_null(whole):
    assert set(whole.summary["measures"]) == set(MEASURES)
    for name, entry in whole.summary["measures"].items():
        assert entry["status"] == "ok", name
        assert entry["ci_low"] <= entry["value"] <= entry["ci_high"], name
        assert math.isfinite(entry["null"]), name
        assert entry["unit"] == MEASURES[name].unit


def test_the_folder_has_everything_and_nothing_temporary(whole):
    for name in CONTENT:
        assert (whole.folder / name).exists(), name
    assert not (whole.folder / "parts").exists()
    assert not list(whole.folder.rglob("*.tmp"))


def test_what_is_written_is_what_was_returned(whole):
    assert sk.load_audit(whole.folder).summary == json.loads(json.dumps(whole.summary))


def test_the_summary_is_told_by_its_hash_and_the_report_drawn_again_is_the_same(whole):
    assert json.loads((whole.folder / "run.json").read_text())["summary"] == sha256(whole.folder / "summary.json")
    before = (whole.folder / "report.html").read_bytes()
    assert write_report(sk.load_audit(whole.folder)).read_bytes() == before


def lacking(found, shape, path=""):
    """Yield the paths of ``found`` that a shape does not have, or has as something else."""
    for key, value in found.items():
        here = f"{path}.{key}"
        if key not in shape and ANY not in shape:
            yield here
            continue
        expected = shape[key if key in shape else ANY]
        if isinstance(value, dict) and isinstance(expected, dict):
            yield from lacking(value, expected, here)
        elif value is not None and isinstance(value, str | dict) != isinstance(expected, str | dict):
            yield here


def test_the_outline_of_a_summary_is_the_summary_s(whole):
    """Whatever the summary has is in the outline; of a table in the outline at least one level has each name."""
    shape = outline([each() for each in MEASURES.values()])
    found = json.loads(json.dumps(whole.summary["measures"]))
    assert list(lacking(found, shape["measures"])) == []
    counts = {name: each for name, each in whole.summary["data"].items() if isinstance(each, int | float)}
    assert counts.keys() == shape["data"].keys()
    for name, entry in shape["measures"].items():
        assert entry.keys() == found[name].keys(), name
        assert entry["also"].keys() == found[name]["also"].keys(), name
        assert found[name]["groups"].keys() - entry["groups"].keys() == set(), name


def test_rows_per_image(whole):
    counts = {name: len(frame) for name, frame in whole.records.items()}
    assert counts == {
        "entropy": 12,
        "equivariance": 12 * 12,
        "out_of_set": 12 * 8 + 5,
        "stability": 12 * 3,
        "degradation": 12 * (2 + 3 * 6),
    }
    assert whole.records["entropy"]["label"].value_counts().to_dict() == {"fake": 6, "real": 6}
    assert set(whole.records["stability"]["run_a"]) == {"run-0", "run-1"}


def test_the_numbers_are_those_of_the_functions(whole, folder, checkpoints):
    """Entropy and score of one image, worked out with the public functions alone."""
    model = sk.load_model(checkpoints[0])
    preprocessing = sk.model_info(model).preprocessing
    from saliencekit.data import load_image

    pixels = load_image(folder / "fake" / "3.png", preprocessing)[None].float() / 255
    with sk.GradCAM(model) as extract:
        maps = extract((pixels - 0.5) / 0.25)
        score = extract.logits.softmax(1)[0, extract.target[0]]
    row = whole.records["entropy"].set_index("image").loc["fake/3.png"]
    assert row["entropy"] == pytest.approx(sk.cam_entropy(maps).item(), abs=1e-5)
    assert row["histogram_entropy"] == pytest.approx(sk.histogram_entropy(maps).item(), abs=1e-6)
    assert row["score"] == pytest.approx(score.item(), abs=1e-6)
    assert whole.summary["measures"]["entropy"]["value"] == pytest.approx(
        whole.records["entropy"]["entropy"].mean(), abs=1e-6
    )


@pytest.mark.parametrize(("batch_size", "workers"), [(1, 0), (5, 0), (16, 2)])
def test_batches_and_workers_change_nothing(whole, folder, elsewhere, checkpoints, tmp_path, batch_size, workers):
    other = sk.audit(
        checkpoints[0],
        folder,
        out_of_set=[elsewhere],
        runs=checkpoints[1:],
        batch_size=batch_size,
        workers=workers,
        output=tmp_path / "audit",
    )
    assert_same_records(whole, other)


def test_another_seed_changes_the_draws(whole, folder, checkpoints, tmp_path):
    other = sk.audit(checkpoints[0], folder, seed=1, output=tmp_path / "audit")
    noise = [each.records["out_of_set"].query("amount == 0.25")["entropy"].to_numpy() for each in (whole, other)]
    assert not np.allclose(noise[0], noise[1])


def test_what_lacks_its_input_is_not_applicable_and_says_why(folder, checkpoints, tmp_path):
    measures = sk.audit(checkpoints[0], folder, output=tmp_path / "audit").summary["measures"]
    assert measures["stability"]["status"] == "not applicable"
    assert "no second training run" in measures["stability"]["reason"]
    assert measures["stability"]["value"] is None
    assert measures["out_of_set"]["status"] == "not applicable"
    assert "no out-of-set images" in measures["out_of_set"]["reason"]
    assert measures["out_of_set"]["groups"]["amount"]["0.25"]["n"] == 12


def test_some_measures_only(folder, checkpoints, tmp_path):
    result = sk.audit(checkpoints[0], folder, measures="equivariance", output=tmp_path / "audit")
    assert list(result.summary["measures"]) == ["equivariance"]
    assert list(result.records) == ["entropy", "equivariance"]  # entropy is free and carries what is known


def interrupted(arguments, output, monkeypatch, *, after):
    """Run an audit that dies when it is about to write part ``after``."""
    write = parts.Parts.write
    written = []

    def dying(self, *args):
        if len(written) == after:
            raise KeyboardInterrupt
        written.append(args)
        return write(self, *args)

    with monkeypatch.context() as patch:
        patch.setattr(parts, "PART_SIZE", 4)
        patch.setattr(parts.Parts, "write", dying)
        with pytest.raises(KeyboardInterrupt):
            sk.audit(**arguments, output=output)
    assert not (output / "summary.json").exists()


@pytest.mark.parametrize("after", [0, 1, 3, 4])
def test_a_resumed_audit_equals_an_uninterrupted_one(
    whole, folder, elsewhere, checkpoints, tmp_path, monkeypatch, after
):
    arguments = {"model": checkpoints[0], "data": folder, "out_of_set": [elsewhere], "runs": checkpoints[1:]}
    interrupted(arguments, tmp_path / "audit", monkeypatch, after=after)
    with pytest.raises(sk.InputError, match="holds no finished audit"):
        sk.load_audit(tmp_path / "audit")
    monkeypatch.setattr(parts, "PART_SIZE", 4)
    resumed = sk.audit(**arguments, output=tmp_path / "audit", resume=True, batch_size=3)
    assert_same_records(whole, resumed)
    assert {k: v for k, v in resumed.summary.items() if k not in ("duration_s", "settings")}.keys() == {
        k for k in whole.summary if k not in ("duration_s", "settings")
    }


def test_resume_of_another_audit_names_the_field(folder, checkpoints, tmp_path, monkeypatch):
    interrupted({"model": checkpoints[0], "data": folder}, tmp_path / "audit", monkeypatch, after=1)
    with pytest.raises(sk.UsageError, match="cannot be resumed: its seed was 0, and is now 7"):
        sk.audit(checkpoints[0], folder, output=tmp_path / "audit", resume=True, seed=7)


def test_resume_of_a_finished_audit_returns_it(whole, folder, elsewhere, checkpoints, tmp_path):
    shutil.copytree(whole.folder, tmp_path / "audit")
    stamp = (tmp_path / "audit" / "summary.json").stat().st_mtime_ns
    again = sk.audit(
        checkpoints[0], folder, out_of_set=[elsewhere], runs=checkpoints[1:], output=tmp_path / "audit", resume=True
    )
    assert again.summary == json.loads(json.dumps(whole.summary))
    assert (tmp_path / "audit" / "summary.json").stat().st_mtime_ns == stamp


def test_a_finished_audit_is_not_overwritten_unasked(whole, folder, checkpoints):
    with pytest.raises(sk.UsageError, match="holds an audit already"):
        sk.audit(checkpoints[0], folder, output=whole.folder)
    assert sk.load_audit(whole.folder).summary["complete"]


def test_killed_at_random_moments_and_resumed(whole, folder, elsewhere, checkpoints, tmp_path):
    """SIGKILL leaves nothing that looks whole, and the audit goes on from it."""
    command = [sys.executable, "-m", "saliencekit", "audit", str(checkpoints[0]), "--data", str(folder)]
    command += ["--out-of-set", str(elsewhere), "--output", str(tmp_path / "audit"), "--resume", "--quiet"]
    command += ["--runs", *map(str, checkpoints[1:])]
    for wait in (3.0, 4.0, 4.5):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        process.wait()
        if (tmp_path / "audit" / "summary.json").exists():
            break
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    assert_same_records(whole, sk.load_audit(tmp_path / "audit"))


def test_two_processes_make_the_records_of_one(whole, folder, elsewhere, checkpoints, tmp_path):
    """Under torchrun over gloo; parts of four images, so that both processes have work."""
    script = tmp_path / "two.py"
    script.write_text(
        "import sys\nfrom saliencekit.auditing import parts\nparts.PART_SIZE = 4\n"
        "from saliencekit.cli import main\nmain(sys.argv[1:])\n"
    )
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", str(script)]
    command += ["audit", str(checkpoints[0]), "--data", str(folder), "--out-of-set", str(elsewhere), "--device", "cpu"]
    command += ["--output", str(tmp_path / "audit"), "--quiet", "--runs", *map(str, checkpoints[1:])]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    assert_same_records(whole, sk.load_audit(tmp_path / "audit"))
    assert json.loads((tmp_path / "audit" / "run.json").read_text())["processes"] == 2


def test_tensor_and_dataset(checkpoints, tmp_path):
    model = sk.load_model(checkpoints[0])
    images = torch.randn(6, 1, 56, 56, generator=torch.Generator().manual_seed(0))
    of_tensor = sk.audit(model, images, output=tmp_path / "tensor")
    labelled = torch.utils.data.TensorDataset(images, torch.arange(6) % 2)
    of_dataset = sk.audit(model, labelled, output=tmp_path / "dataset", batch_size=2)
    assert_same_records(of_tensor, of_dataset)
    assert of_tensor.summary["model"]["preprocessing"] is None


def test_the_callers_network_is_left_as_it_is(checkpoints, folder, tmp_path):
    model = sk.load_model(checkpoints[0]).train()
    model.requires_grad_(False)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    random_state = torch.get_rng_state()
    sk.audit(model, folder, output=tmp_path / "audit", preprocessing=sk.model_info(model).preprocessing)
    assert all(module.training for module in model.modules())
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())
    assert torch.equal(torch.get_rng_state(), random_state)


def test_unreadable_files_are_counted_and_named(folder, checkpoints, tmp_path):
    shutil.copytree(folder, tmp_path / "data")
    (tmp_path / "data" / "real" / "broken.png").write_bytes(b"not an image")
    result = sk.audit(checkpoints[0], tmp_path / "data", output=tmp_path / "audit", max_unreadable=0.2)
    data = result.summary["data"]
    assert (data["listed"], data["scored"]) == (13, 12)
    assert [each["image"] for each in data["skipped"]] == ["real/broken.png"]
    assert result.summary["complete"]
    strict = sk.audit(checkpoints[0], tmp_path / "data", output=tmp_path / "strict")
    assert not strict.summary["complete"]
    assert (strict.folder / "report.html").exists()


def test_all_unreadable(checkpoints, tmp_path):
    (tmp_path / "data").mkdir()
    for number in range(3):
        (tmp_path / "data" / f"{number}.png").write_bytes(b"")
    with pytest.raises(sk.DataError, match="none of the 3 images"):
        sk.audit(checkpoints[0], tmp_path / "data", output=tmp_path / "audit")
    assert not (tmp_path / "audit" / "summary.json").exists()


class Broken(torch.nn.Module):
    """A small network whose logits or maps are at fault."""

    def __init__(self, fault):
        super().__init__()
        self.fault = fault
        self.conv = torch.nn.Conv2d(3, 4, 3, padding=1)
        self.head = torch.nn.Linear(4, 2)

    def forward(self, images):
        if self.fault == "random":
            return self.head(self.conv(images).mean((2, 3))) + torch.randn(len(images), 2)
        if self.fault == "blind":
            return self.head(images.flatten(1)[:, :4])
        features = self.conv(images)
        if self.fault == "flat":
            features = features * 0
        logits = self.head(features.mean((2, 3)))
        one_colour = images.flatten(2).std(2).max() < 1e-3
        return logits * float("nan") if self.fault == "nan" or (self.fault == "view" and one_colour) else logits


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("nan", "finite numbers"),
        ("flat", "is constant"),
        ("blind", "spatial"),
        ("random", "random in eval mode"),
        ("view", "finite numbers"),
    ],
)
def test_networks_at_fault(folder, tmp_path, fault, message):
    with pytest.raises(sk.ModelError, match=message):
        sk.audit(Broken(fault), folder, output=tmp_path / "audit")
    assert not (tmp_path / "audit" / "summary.json").exists()


def test_maps_can_be_kept(folder, checkpoints, tmp_path):
    result = sk.audit(checkpoints[0], folder, measures="entropy", save_maps=True, output=tmp_path / "audit")
    maps = torch.from_numpy(np.load(result.folder / "maps.npy", allow_pickle=False))
    assert sk.cam_entropy(maps).numpy() == pytest.approx(result.records["entropy"]["entropy"].to_numpy(), abs=1e-5)


def test_a_batch_too_large_for_the_device_is_halved(folder, checkpoints, tmp_path, monkeypatch):
    from saliencekit.auditing.engine import Engine

    look, sizes = Engine.look, []

    def small_device(self, pixels, images, labels):
        if len(images) > 3 and self.others is not None:
            raise torch.OutOfMemoryError("no memory")
        sizes.append(len(images))
        return look(self, pixels, images, labels)

    reference = sk.audit(checkpoints[0], folder, output=tmp_path / "reference")
    monkeypatch.setattr(Engine, "look", small_device)
    halved = sk.audit(checkpoints[0], folder, output=tmp_path / "halved", batch_size=12)
    assert sizes.count(3) == 4
    assert_same_records(reference, halved)


def test_a_copy_is_no_independent_run(checkpoints, folder, tmp_path):
    copy = shutil.copy(checkpoints[0], tmp_path / "copy.pt")
    with pytest.raises(sk.UsageError, match="run 'copy' has the very weights of 'run-0'"):
        sk.audit(checkpoints[0], folder, runs=[copy], output=tmp_path / "audit")


def test_a_run_of_another_architecture_is_refused(checkpoints, folder, tmp_path):
    arch = "saliencekit:small-cnn?width=8"
    preprocessing = sk.model_info(sk.load_model(checkpoints[0])).preprocessing
    other = tmp_path / "other.pt"
    with torch.random.fork_rng():
        model = sk.build_model(arch, num_classes=2)
    sk.save_model(model, other, arch=arch, classes=("real", "fake"), preprocessing=preprocessing)
    with pytest.raises(sk.ModelError, match="expected the architecture of run 'other' to be the model's"):
        sk.audit(checkpoints[0], folder, runs=[other], output=tmp_path / "audit")


def test_resume_with_other_images_of_the_same_names_is_refused(checkpoints, folder, tmp_path):
    shutil.copytree(folder, tmp_path / "data")
    sk.audit(checkpoints[0], tmp_path / "data", measures="entropy", output=tmp_path / "audit")
    shutil.copy(folder / "real" / "1.png", tmp_path / "data" / "real" / "0.png")
    with pytest.raises(sk.UsageError, match="cannot be resumed: its data was"):
        sk.audit(checkpoints[0], tmp_path / "data", measures="entropy", output=tmp_path / "audit", resume=True)


def test_a_refused_audit_does_not_block_its_folder(checkpoints, folder, tmp_path):
    with pytest.raises(sk.ModelError):
        sk.audit(checkpoints[0], folder, layer="no.such", measures="entropy", output=tmp_path / "audit")
    assert sk.audit(checkpoints[0], folder, measures="entropy", output=tmp_path / "audit").summary["complete"]


def test_the_audited_images_are_not_out_of_set(checkpoints, folder, tmp_path):
    with pytest.raises(sk.UsageError, match="are the audited ones"):
        sk.audit(checkpoints[0], folder, out_of_set=[folder], output=tmp_path / "audit")


def test_labels_that_are_no_classes_of_the_model(checkpoints, folder, tmp_path):
    (tmp_path / "data").mkdir()
    for old, new in (("real", "cat"), ("fake", "dog")):
        shutil.copytree(folder / old, tmp_path / "data" / new)
    with pytest.raises(sk.DataError, match="needs labels that are classes of the model"):
        sk.audit(checkpoints[0], tmp_path / "data", target="label", output=tmp_path / "audit")


def test_an_out_of_set_of_bad_files_makes_the_audit_incomplete(checkpoints, folder, elsewhere, tmp_path):
    shutil.copytree(elsewhere, tmp_path / "other")
    (tmp_path / "other" / "bad.png").write_bytes(b"")
    result = sk.audit(checkpoints[0], folder, out_of_set=[tmp_path / "other"], output=tmp_path / "audit")
    assert not result.summary["complete"]
    assert result.summary["data"]["out_of_set"][0]["skipped"][0]["image"] == "bad.png"


def test_what_the_limit_leaves_out_is_counted(checkpoints, folder, tmp_path):
    result = sk.audit(checkpoints[0], folder, measures="entropy", limit=5, output=tmp_path / "audit")
    assert (result.summary["data"]["listed"], result.summary["data"]["left_out"]) == (5, 7)


def test_a_run_of_other_classes_is_refused(checkpoints, folder, tmp_path):
    with torch.random.fork_rng():
        model = sk.build_model("saliencekit:small-cnn", num_classes=2)
    preprocessing = sk.model_info(sk.load_model(checkpoints[0])).preprocessing
    stranger = tmp_path / "stranger.pt"
    sk.save_model(model, stranger, arch="saliencekit:small-cnn", classes=("fake", "real"), preprocessing=preprocessing)
    with pytest.raises(sk.ModelError, match="expected the classes of run 'stranger' to be the model's"):
        sk.audit(checkpoints[0], folder, runs=[stranger], output=tmp_path / "audit")


def test_resume_with_another_tensor_is_refused(checkpoints, tmp_path, monkeypatch):
    model = sk.load_model(checkpoints[0])
    interrupted({"model": model, "data": torch.rand(8, 1, 56, 56)}, tmp_path / "audit", monkeypatch, after=1)
    with pytest.raises(sk.UsageError, match="cannot be resumed: its data was"):
        sk.audit(model, torch.rand(8, 1, 56, 56), output=tmp_path / "audit", resume=True)
