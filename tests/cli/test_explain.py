"""``saliencekit explain`` as a user types it: files, output, exit codes."""

import json
import subprocess
import sys

import pytest

import saliencekit.cli.explain  # noqa: F401
from saliencekit.explaining import load_explanation


@pytest.fixture
def explain(run, checkpoint, tmp_path):
    return lambda *words: run("explain", checkpoint, *words, "--output", tmp_path / "out", "--quiet")


def test_a_line_for_each_image_and_where_the_files_are(explain, images, tmp_path):
    code, out, err = explain(images / "0.png", images / "1.png")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert len(lines) == 3
    assert "0.png: " in lines[0]
    assert "grad-cam" in lines[0]
    assert lines[-1] == f"2 explained: {tmp_path / 'out' / 'predictions.json'}"
    names = sorted(path.name for path in (tmp_path / "out").iterdir() if path.name != ".lock")
    assert names == ["0.grad-cam.npy", "0.grad-cam.png", "1.grad-cam.npy", "1.grad-cam.png", "predictions.json"]


def test_folders_quoted_patterns_methods_and_flags(explain, images, tmp_path):
    words = ("--salience", "cam,captum:Saliency", "--target", "fake", "--alpha", "0.3", "--colormap", "magma")
    code, out, err = explain(f"{images}/[01].png", *words, "--topk", "1", "--batch-size", "1", "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert found == load_explanation(tmp_path / "out").predictions
    assert [len(each["predicted"]) for each in found["images"]] == [1, 1]
    assert {each["target"]["class"] for each in found["images"]} == {"fake"}
    assert list(found["images"][0]["salience"]) == ["cam", "captum:Saliency"]
    assert found["settings"]["alpha"] == 0.3
    assert (tmp_path / "out" / "0.salience.png").is_file()
    assert explain(images, "--overwrite", "--side-by-side")[0] == 0


def test_preprocessing_flags(explain, images, tmp_path):
    assert explain(images, "--image-size", "64", "--mean", "0.4", "--std", "0.3")[0] == 0
    recorded = load_explanation(tmp_path / "out").predictions["model"]["preprocessing"]
    assert (recorded["size"], recorded["mean"]) == ([64, 64], [0.4])


def test_what_is_skipped_ends_with_1_and_its_name(explain, images):
    (images / "broken.png").write_text("nothing")
    code, out, err = explain(images)
    assert code == 1
    assert "4 explained" in out
    assert "saliencekit: 1 could not be read, the first, " in err
    assert "broken.png: its content is no image that Pillow can read" in err


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        ((), 3, "expected at least one image to explain, got none"),
        (("{images}/none.png",), 3, "none of 1 images could be read; the first, "),
        (("{images}", "--salience", "gradcam"), 2, "unknown salience method 'gradcam'"),
        (("{images}", "--salience", "captum:IG"), 2, "unknown attribution of captum 'IG'"),
        (("{images}", "--target", "face"), 2, "got 'face'; nearest fake"),
        (("{images}", "--target", "7"), 3, "expected `target` from 0 to 1, got 7"),
        (("{images}", "--layer", "no.such"), 3, "the model has no layer 'no.such'"),
        (("{images}", "--colormap", "jet"), 2, "unknown colormap 'jet'"),
        (("{images}", "--alpha", "2"), 2, "expected `alpha` between 0 and 1"),
        (("{images}", "--device", "abacus"), 2, "abacus"),
    ],
)
def test_mistakes_get_one_sentence_and_their_code(explain, images, tmp_path, words, code, sentence):
    got, out, err = explain(*(word.format(images=images) for word in words))
    assert (got, out) == (code, "")
    assert sentence in err
    assert "Traceback" not in err
    assert not (tmp_path / "out" / "predictions.json").exists()


def test_a_folder_that_is_finished(explain, images):
    assert explain(images)[0] == 0
    code, _, err = explain(images)
    assert code == 2
    assert "holds an explanation already" in err


def test_help_needs_no_torch():
    code = (
        "import sys\nimport saliencekit.cli.explain\nfrom saliencekit.cli import app\n"
        "app(['explain', '--help'], exit_on_error=False)\nprint('torch' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip().endswith("False")
