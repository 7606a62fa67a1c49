"""``saliencekit evaluate`` as a user types it."""

import json
import subprocess
import sys

import pytest
import torch
from PIL import Image

import saliencekit.cli.evaluate  # noqa: F401
from saliencekit.workflows import evaluate


@pytest.fixture
def labelled(tmp_path):
    folder = tmp_path / "labelled"
    folder.mkdir()
    random = torch.Generator().manual_seed(0)
    rows = ["path,label,split,group"]
    for number in range(24):
        pixels = (torch.rand(56, 56, generator=random) * 255).byte().numpy()
        Image.fromarray(pixels).save(folder / f"{number}.png")
        label, split = ("real", "fake")[number % 2], ("val", "test")[number // 8 > 0]
        rows.append(f"{number}.png,{label},{split},{('', 'gan')[number % 2]}")
    (folder / "manifest.csv").write_text("\n".join(rows))
    return folder


def test_a_table_on_the_terminal_and_the_files(run, checkpoint, labelled, tmp_path):
    words = ["--data", labelled, "--output", tmp_path / "e", "--resamples", "20", "--quiet"]
    code, out, err = run("evaluate", checkpoint, *words)
    assert (code, err) == (0, "")
    for word in ("AUROC", "APCER", "ECE", "threshold", "split 'val'", "softmax probability of fake", "map entropy"):
        assert word in out
    assert {path.name for path in (tmp_path / "e").iterdir()} == {
        *(".lock", "evaluation.json", "roc.svg", "scores.csv", "validation.csv")
    }


def test_json_is_the_summary(run, checkpoint, labelled, tmp_path):
    words = ["--data", labelled, "--output", tmp_path / "e", "--resamples", "5", "--quiet", "--json"]
    code, out, _ = run("evaluate", checkpoint, *words, "--score", "sigmoid", "--threshold", "0.4")
    assert code == 0
    printed = json.loads(out)
    assert printed == json.loads((tmp_path / "e" / "evaluation.json").read_text())
    assert (printed["score"]["name"], printed["threshold"]["value"]) == ("sigmoid", 0.4)


def test_the_call_gives_what_the_command_gives(run, checkpoint, labelled, tmp_path):
    run("evaluate", checkpoint, "--data", labelled, "--output", tmp_path / "a", "--resamples", "5", "--quiet")
    found = evaluate(checkpoint, labelled, output=tmp_path / "b", resamples=5)
    command = json.loads((tmp_path / "a" / "evaluation.json").read_text())
    assert {**found.summary, "duration_s": 0} == {**command, "duration_s": 0}
    assert (tmp_path / "a" / "roc.svg").read_bytes() == (tmp_path / "b" / "roc.svg").read_bytes()


def test_progress_is_drawn_on_stderr(run, checkpoint, labelled, tmp_path):
    code, _, err = run("evaluate", checkpoint, "--data", labelled, "--output", tmp_path / "e", "--resamples", "0")
    assert code == 0
    assert "scores: 16 of 16 images" in err
    assert "validation: 8 of 8 images" in err


def test_unreadable_images_end_with_code_1_and_results(run, checkpoint, labelled, tmp_path):
    (labelled / "9.png").write_text("nothing")
    words = ["--data", labelled, "--output", tmp_path / "e", "--resamples", "0", "--quiet"]
    code, out, err = run("evaluate", checkpoint, *words)
    assert code == 1
    assert "1 images could not be read, more than --max-unreadable allows" in err
    assert "15 scored + 1 skipped" in out
    assert run("evaluate", checkpoint, *words, "--max-unreadable", "0.1", "--overwrite")[0] == 0


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        ((), 2, "records no data"),
        (("--data", "{data}", "--score", "logit"), 2, "logit"),
        (("--data", "{data}", "--threshold", "2"), 2, "expected `threshold` between 0 and 1, got 2"),
        (("--data", "{data}", "--split", "hold-out"), 2, "'hold-out'"),
        (("--data", "{data}", "--device", "abacus"), 2, "unknown device 'abacus'"),
        (("--data", "{images}"), 3, "have no labels"),
        (("--data", "{data}/missing"), 3, "missing"),
    ],
)
def test_mistakes_get_one_sentence_and_their_code(run, checkpoint, labelled, images, tmp_path, words, code, sentence):
    filled = [word.format(data=labelled, images=images) for word in words]
    got, out, err = run("evaluate", checkpoint, *filled, "--output", tmp_path / "e", "--quiet")
    assert (got, out) == (code, "")
    assert sentence in err
    assert "Traceback" not in err
    assert not (tmp_path / "e" / "evaluation.json").exists()


def test_a_finished_folder_is_kept(run, checkpoint, labelled, tmp_path):
    words = ["--data", labelled, "--output", tmp_path / "e", "--resamples", "0", "--quiet"]
    run("evaluate", checkpoint, *words)
    code, _, err = run("evaluate", checkpoint, *words)
    assert code == 2
    assert "--overwrite" in err


def test_help_needs_no_torch():
    code = (
        "import sys, saliencekit.cli.evaluate\nfrom saliencekit.cli import app\n"
        "app(['evaluate', '--help'], exit_on_error=False)\nprint('torch' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "--threshold-split" in found
    assert found.strip().endswith("False")
