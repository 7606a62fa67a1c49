"""The commands as a user types them: output, exit codes, and one sentence for each mistake."""

import json
import signal
import subprocess
import sys
import time

import pytest
import torch

from saliencekit.cli import main
from saliencekit.models import build_model, default_preprocessing, save_model


@pytest.mark.parametrize("words", [("--help",), ("audit", "--help"), ("--version",), ("info",), ("info", "--short")])
def test_these_succeed(run, words):
    code, out, err = run(*words)
    assert (code, err) == (0, "")
    assert "saliencekit" in out or "0." in out


def test_audit_prints_the_five_measures_and_where_the_report_is(run, checkpoint, images, tmp_path):
    code, out, err = run("audit", checkpoint, "--data", images, "--output", tmp_path / "audit", "--quiet")
    assert (code, err) == (0, "")
    for word in ("entropy", "out_of_set", "equivariance", "stability", "degradation", "not applicable", "report.html"):
        assert word in out


def test_json_is_the_summary(run, checkpoint, images, tmp_path):
    code, out, _ = run("audit", checkpoint, "--data", images, "--output", tmp_path / "a", "--quiet", "--json")
    assert code == 0
    assert json.loads(out) == json.loads((tmp_path / "a" / "summary.json").read_text())


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("audit",), 2, "requires an argument"),
        (("no-such-command",), 2, "no-such-command"),
        (("audit", "{model}", "--no-such-option"), 2, "--no-such-option"),
        (("audit", "{model}", "--batch-size", "many"), 2, "many"),
        (("audit", "{model}", "--batch-size", "0"), 2, "expected `batch_size` of at least 1, got 0"),
        (("audit", "{model}", "--measures", "entropie"), 2, "unknown measure 'entropie'"),
        (("audit", "{model}", "--salience", "gradcam"), 2, "did you mean 'grad-cam'?"),
        (("audit", "{model}", "--salience", "captum:Salience"), 2, "did you mean 'Saliency'?"),
        (("audit", "{model}", "--data", "{images}", "--salience", "attention-rollout"), 3, "use grad-cam"),
        (("audit", "{model}", "--key", "ema"), 2, "unknown key 'ema': the file holds weights at state_dict"),
        (("audit", "{model}", "--target", "best"), 2, "unknown target 'best'"),
        (("audit", "{model}", "--device", "abacus"), 2, "abacus"),
        (("audit", "{model}", "--data", "{images}", "--layer", "no.such"), 3, "no.such"),
        (("audit", "{model}", "--data", "{images}", "--target", "7"), 3, "7"),
        (("audit", "{tmp}/missing.pt"), 3, "missing.pt"),
        (("audit", "{model}", "--data", "{tmp}/missing"), 3, "missing"),
        (("audit", "{model}", "--data", "{tmp}/empty"), 3, "empty"),
        (("report", "{tmp}/empty"), 3, "holds no finished audit"),
        (("compare", "{tmp}/empty", "{tmp}/empty"), 3, "holds no finished audit"),
    ],
)
def test_mistakes_get_one_sentence_and_their_code(run, checkpoint, images, tmp_path, words, code, sentence):
    (tmp_path / "empty").mkdir()
    filled = [word.format(model=checkpoint, images=images, tmp=tmp_path) for word in words]
    if words[0] == "audit":
        filled += ["--output", str(tmp_path / "audit")]
    got, out, err = run(*filled)
    assert got == code, err
    assert sentence in err
    assert "Traceback" not in err
    assert out == ""
    assert not (tmp_path / "audit" / "summary.json").exists()


def test_wrong_number_of_channels(run, tmp_path, images):
    with torch.random.fork_rng():
        model = build_model("saliencekit:small-cnn", num_classes=2, in_channels=3)
    path = tmp_path / "rgb.pt"
    grey = default_preprocessing("saliencekit:small-cnn")
    save_model(model, path, arch="saliencekit:small-cnn", classes=("real", "fake"), preprocessing=grey)
    code, _, err = run("audit", path, "--data", images, "--output", tmp_path / "audit", "--quiet")
    assert code == 3
    assert "channel" in err
    assert "Traceback" not in err


def test_preprocessing_flags_reach_the_report(run, checkpoint, images, tmp_path):
    words = ["--image-size", "64", "--mean", "0.4", "--std", "0.3", "--measures", "entropy"]
    code, _, err = run("audit", checkpoint, "--data", images, "--output", tmp_path / "a", "--quiet", *words)
    assert (code, err) == (0, "")
    recorded = json.loads((tmp_path / "a" / "summary.json").read_text())["model"]["preprocessing"]
    assert (recorded["size"], recorded["mean"], recorded["std"]) == ([64, 64], [0.4], [0.3])
    assert "as given" in recorded["source"]
    assert "as given" in (tmp_path / "a" / "report.html").read_text()


def test_unreadable_images_end_with_code_1_and_a_report(run, checkpoint, images, tmp_path):
    (images / "broken.png").write_text("nothing")
    code, out, err = run("audit", checkpoint, "--data", images, "--output", tmp_path / "audit", "--quiet")
    assert code == 1
    assert "1 image could not be read, more than --max-unreadable allows" in err
    assert (tmp_path / "audit" / "report.html").exists()
    assert "entropy" in out


def test_files_that_change_meanwhile_end_with_code_1_and_a_report(run, checkpoint, images, tmp_path, monkeypatch):
    from saliencekit.auditing.subjects import Subjects

    monkeypatch.setattr(Subjects, "changed", lambda self: ["a.png", "b.png"])
    words = ("--data", images, "--output", tmp_path / "audit", "--quiet", "--measures", "entropy")
    code, out, err = run("audit", checkpoint, *words)
    assert code == 1
    assert err == "saliencekit: 2 images changed on the disk while the audit ran, the first a.png\n"
    assert "entropy" in out
    assert not json.loads((tmp_path / "audit" / "summary.json").read_text())["complete"]


@pytest.mark.parametrize("command", ["audit", "explain", "evaluate", "layers"])
def test_of_several_networks_in_a_file_one_is_named(run, checkpoint, images, tmp_path, command):
    saved = torch.load(checkpoint, weights_only=True)["state_dict"]
    path = tmp_path / "two.pt"
    torch.save({"model": saved, "model_ema": {name: each + 0 for name, each in saved.items()}}, path)
    words = {
        "audit": ("--data", images, "--output", tmp_path / "out", "--measures", "entropy", "--quiet"),
        "explain": (images, "--output", tmp_path / "out", "--quiet"),
        "evaluate": ("--data", images, "--output", tmp_path / "out", "--quiet"),
        "layers": (),
    }[command]
    code, _, err = run(command, path, *words)
    assert code == 3
    assert "several networks, at model, model_ema: choose one with --key" in err
    code, _, err = run(command, path, *words, "--key", "model_ema")
    assert "several networks" not in err
    assert code == (3 if command == "evaluate" else 0), err  # these images have no labels


def test_findings_are_printed_and_recorded(run, checkpoint, images, tmp_path):
    _, out, _ = run("audit", checkpoint, "--data", images, "--output", tmp_path / "a", "--quiet")
    summary = json.loads((tmp_path / "a" / "summary.json").read_text())
    assert [each["id"] for each in summary["findings"]].count("few-images") == 1
    for each in summary["findings"]:
        assert f"{each['severity']:7}  {each['sentence']}" in " ".join(out.split("\n"))
        assert each["threshold"] in (tmp_path / "a" / "report.html").read_text()


def test_a_gate_is_held_against_the_whole_audit(run, checkpoint, images, tmp_path):
    words = ("--data", images, "--output", tmp_path / "a", "--quiet", "--measures", "entropy")
    code, _, err = run(
        "audit", checkpoint, *words, "--fail-on", "entropy.value > 0", "--fail-on", "findings.notice > 0"
    )
    assert code == 1
    assert err.count("gate failed") == 2
    assert (tmp_path / "a" / "summary.json").exists()
    assert run("audit", checkpoint, *words, "--overwrite", "--fail-on", "entropy.value > 100")[0] == 0


def test_a_gate_on_a_measure_not_asked_for_is_refused_before_the_audit(run, checkpoint, images, tmp_path):
    words = ("--data", images, "--output", tmp_path / "a", "--quiet", "--measures", "entropy")
    code, _, err = run("audit", checkpoint, *words, "--fail-on", "stability.value < 0.5")
    assert code == 2
    assert "unknown name 'stability'; there are entropy, data, findings" in err
    code, _, err = run("audit", tmp_path / "none.pt", *words, "--fail-on", "entropy.value > 9 and entropy.vlaue > 9")
    assert code == 2  # before the checkpoint is looked for
    assert "unknown name 'vlaue' in entropy; the nearest are value" in err
    assert not (tmp_path / "a").exists()


def test_report_is_drawn_again(run, checkpoint, images, tmp_path):
    run("audit", checkpoint, "--data", images, "--output", tmp_path / "audit", "--quiet")
    first = (tmp_path / "audit" / "report.html").read_bytes()
    (tmp_path / "audit" / "report.html").unlink()
    code, out, _ = run("report", tmp_path / "audit")
    assert code == 0
    assert out.strip() == str(tmp_path / "audit" / "report.html")
    assert (tmp_path / "audit" / "report.html").read_bytes() == first


def test_two_processes_do_not_write_one_folder(run, checkpoint, images, tmp_path):
    from saliencekit.files import held_alone

    command = [sys.executable, "-m", "saliencekit", "audit", str(checkpoint), "--data", str(images)]
    with held_alone(tmp_path / "audit"):
        other = subprocess.run(
            [*command, "--output", str(tmp_path / "audit")], capture_output=True, text=True, check=False
        )
    assert other.returncode == 4
    assert "in use by another process" in other.stderr


def test_a_signal_ends_with_its_code_and_resume_goes_on(checkpoint, images, tmp_path):
    for number in range(60):
        (images / f"more-{number}.png").write_bytes((images / "0.png").read_bytes())
    command = [sys.executable, "-m", "saliencekit", "audit", str(checkpoint), "--data", str(images)]
    command += ["--output", str(tmp_path / "audit"), "--batch-size", "1"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    while not (tmp_path / "audit" / "parts" / "fingerprint.json").exists():
        time.sleep(0.05)
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate()
    assert process.returncode == 143, err
    assert "--resume" in err
    assert "Traceback" not in err
    subprocess.run([*command, "--resume", "--quiet"], check=True, capture_output=True)
    assert (tmp_path / "audit" / "summary.json").exists()


def test_the_signal_handler_is_given_back(run):
    before = signal.getsignal(signal.SIGTERM)
    run("info", "--short")
    assert signal.getsignal(signal.SIGTERM) is before


def test_debug_shows_the_traceback(run, tmp_path):
    from saliencekit import SaliencekitError

    with pytest.raises(SaliencekitError):
        main(["audit", str(tmp_path / "missing.pt"), "--debug"])
